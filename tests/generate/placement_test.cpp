#include "generate/placement.h"

#include <gtest/gtest.h>

#include "formats/support.h"
#include "generate/recording_device.h"

namespace darkroom::generate {
namespace {

constexpr int64_t kPlacedMega = 1 << 20;

/// Parts of Stable Diffusion in fp16, more or less.
const std::vector<PlacedPart> kPlacedParts = {
    {"Text", 250 * kPlacedMega}, {"UNet", 1700 * kPlacedMega}, {"VAE", 160 * kPlacedMega}};

struct Turns {
  explicit Turns(int64_t megabytes)
      : device(megabytes * kPlacedMega,
               {{"Text", 250 * kPlacedMega}, {"UNet", 1700 * kPlacedMega}, {"VAE", 160 * kPlacedMega}}) {}
  /// What a picture asks for, with room to compute in.
  void picture(int64_t working = 0) {
    placement.use("Text", working);
    placement.use("UNet", working);
    placement.use("VAE", working);
  }
  RecordingDevice device;
  Placement placement{device, kPlacedParts};
};

TEST(Placement, LeavesAllThereWhereThereIsRoom) {
  Turns world(4000);
  for (int i = 0; i < 3; ++i) world.picture(500 * kPlacedMega);
  EXPECT_EQ(world.device.log, "+Text +UNet +VAE ");
  EXPECT_EQ(world.placement.bytes_on_device(), 2110 * kPlacedMega);
}

TEST(Placement, MovesTextEncodersOutBeforeTheUnetNeedsRoom) {
  Turns world(1900);
  world.picture();
  EXPECT_EQ(world.device.log, "+Text -Text +UNet +VAE ");
  world.picture();  // the text encoders come back: the VAE was used last and is needed last again
  EXPECT_EQ(world.device.log, "+Text -Text +UNet +VAE -VAE -UNet +Text -Text +UNet +VAE ");
  EXPECT_LE(world.device.most, 1900 * kPlacedMega);
}

TEST(Placement, MovesNoMoreThanItMust) {
  Turns world(2000);  // text encoders and UNet fit, all three do not
  world.picture();
  EXPECT_EQ(world.device.log, "+Text +UNet -UNet +VAE ") << "the UNet is needed last again";
  Turns larger(2050);
  larger.picture(20 * kPlacedMega);
  EXPECT_EQ(larger.device.log, "+Text +UNet -UNet +VAE ");
}

TEST(Placement, LeavesRoomToComputeIn) {
  Turns world(2200);
  world.picture(400 * kPlacedMega);
  EXPECT_EQ(world.device.log, "+Text -Text +UNet -UNet +VAE ");
  world.placement.use("VAE", 2000 * kPlacedMega);
  EXPECT_EQ(world.device.log, "+Text -Text +UNet -UNet +VAE ") << "it is there, and so is the room";
}

TEST(Placement, KeepsPinnedParts) {
  Turns world(2000);
  world.placement.use("Text");
  world.placement.pin({"Text"});
  world.placement.use("UNet");
  world.placement.use("VAE");
  EXPECT_TRUE(world.placement.is_on_device("Text"));
  EXPECT_EQ(world.device.log, "+Text +UNet -UNet +VAE ");
  world.placement.give_back_unpinned();
  EXPECT_EQ(world.device.log, "+Text +UNet -UNet +VAE -VAE ");
  world.placement.give_back("Text");  // by hand
  EXPECT_FALSE(world.placement.is_on_device("Text"));
}

TEST(Placement, MovesNothingWhereItCannotHelp) {
  Turns world(1900);
  world.placement.use("Text");
  world.placement.pin({"Text"});
  formats::expect_error(ErrorKind::out_of_memory,
                        "1700 MB and 100 MB to compute in are needed, 1650 MB could be free; there is Text, kept there "
                        "(250 MB)",
                        [&] { world.placement.use("UNet", 100 * kPlacedMega); });
  EXPECT_EQ(world.device.log, "+Text ");
  formats::expect_error(ErrorKind::not_found, "\"Nose\"", [&] { world.placement.use("Nose"); });
}

TEST(Placement, TriesAgainWithMoreRoomAndIsHonestInTheEnd) {
  Turns world(4000);
  world.placement.use("Text");
  world.placement.use("VAE");
  world.device.failures = 1;
  world.placement.use("UNet");
  EXPECT_EQ(world.device.log, "+Text +VAE +UNet -Text +UNet ");
  world.placement.give_back("UNet");
  world.device.failures = 5;
  formats::expect_error(ErrorKind::out_of_memory, "it is in main memory as before, and there is nothing of this model",
                        [&] { world.placement.use("UNet"); });
  EXPECT_FALSE(world.placement.is_on_device("UNet"));
  EXPECT_FALSE(world.placement.is_on_device("VAE")) << "it made room";
  world.device.failures = 0;
  world.placement.use("UNet");
  EXPECT_TRUE(world.placement.is_on_device("UNet"));
}

}  // namespace
}  // namespace darkroom::generate
