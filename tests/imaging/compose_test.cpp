#include "imaging/compose.h"

#include "imaging/golden.h"

namespace darkroom::imaging {
namespace {

TEST(Compose, ConversionsArePillowsBitForBit) {
  const Json& expected = golden("conversion");
  const Image see = pattern(19, 7, 4);
  EXPECT_TRUE(same(flattened(see), stored(expected.at("flattened"))));
  EXPECT_TRUE(same(grey(pattern(19, 7, 3)), stored(expected.at("grey"))));
  EXPECT_TRUE(same(premultiplied(see), stored(expected.at("premultiplied"))));
  EXPECT_TRUE(same(straight_alpha(premultiplied(see)), stored(expected.at("straight"))));
  EXPECT_TRUE(same(alpha_composited(pattern(19, 7, 4, 3), see), stored(expected.at("composited"))));
}

TEST(Compose, HolesAndWhatIsSeenThroughThem) {
  for (const Json& one : golden("compose")) {
    const Image holes = with_holes(pattern(24, 18, 3), stored(one.at("mask")));
    EXPECT_TRUE(same(holes, stored(one.at("holes"))));
    const Image over = alpha_composited(rgba(pattern(24, 18, 3, 5)), holes);
    EXPECT_TRUE(same(rgb(over), stored(one.at("over"))));
  }
}

TEST(Compose, CutsAndPastesWithinAndBeyondTheEdges) {
  const Image image = pattern(10, 8, 3);
  Image onto(10, 8, 3);
  paste(onto, cropped(image, {0, 0, 10, 3}), 0, 0);
  paste(onto, cropped(image, {0, 3, 10, 8}), 0, 3);
  EXPECT_TRUE(same(onto, image));

  const Image beyond = cropped(image, {-2, -3, 12, 9});
  EXPECT_TRUE(same(cropped(beyond, {2, 3, 12, 11}), image));
  EXPECT_EQ(*beyond.pixel(1, 5), 0);  // nothing is there
  Image small(4, 4, 3);
  paste(small, beyond, -2, -3);
  EXPECT_TRUE(same(small, cropped(image, {0, 0, 4, 4})));
  paste(small, image, 4, 0);  // all of it is outside
  EXPECT_TRUE(same(small, cropped(image, {0, 0, 4, 4})));
}

TEST(Compose, MasksShare) {
  Image onto(2, 1, 1), part(2, 1, 1), mask(2, 1, 1);
  onto.pixels = {100, 100};
  part.pixels = {200, 200};
  mask.pixels = {0, 128};
  paste(onto, part, 0, 0, mask);
  EXPECT_EQ(onto.pixels, (std::vector<uint8_t>{100, 150}));
  EXPECT_EQ(inverted(mask).pixels, (std::vector<uint8_t>{255, 127}));
}

TEST(Compose, ChannelsComeAndGo) {
  Image image(1, 1, 1);
  image.pixels = {7};
  EXPECT_EQ(rgb(image).pixels, (std::vector<uint8_t>{7, 7, 7}));
  EXPECT_EQ(rgba(image).pixels, (std::vector<uint8_t>{7, 7, 7, 255}));
  EXPECT_EQ(grey(rgba(image)).pixels, image.pixels);
  Image clear(1, 1, 4);
  EXPECT_EQ(flattened(clear).pixels, (std::vector<uint8_t>{255, 255, 255}));
  EXPECT_EQ(flattened(clear, 0).pixels, (std::vector<uint8_t>{0, 0, 0}));
}

}  // namespace
}  // namespace darkroom::imaging
