#include "generate/upscalers.h"

#include <gtest/gtest.h>

#include "formats/support.h"
#include "imaging/golden.h"
#include "imaging/resize.h"
#include "support/esrgan.h"

namespace darkroom::generate {
namespace {

using formats::expect_error;
using formats::TemporaryFolder;
using imaging::pattern;
using imaging::Resample;
using imaging::same;

/// A network of the reference values, as a file.
std::string network_file(const TemporaryFolder& folder, const std::string& name) {
  const std::string path = (folder / (name + ".safetensors")).string();
  formats::write_safetensors(path, esrgan_tensors(name));
  return path;
}

TEST(Upscalers, FiltersAreThoseOfA1111) {
  const Image image = pattern(20, 13, 3);
  // 20x13 by 2.5 is 50x32.5: by the filter to 50x32, then by Lanczos to the multiples of 8 below.
  for (const auto& [name, filter] : {std::pair("Lanczos", Resample::lanczos), {"nearest", Resample::nearest}}) {
    const Image expected = imaging::resized(imaging::resized(image, 50, 32, filter), 48, 32, Resample::lanczos);
    EXPECT_TRUE(same(Upscaler(name).enlarged(image, 2.5), expected)) << name;
    EXPECT_TRUE(same(Upscaler(name).resized(image, 50, 20), imaging::resized(expected, 50, 20, Resample::lanczos)))
        << name;
  }
  EXPECT_TRUE(same(Upscaler("None").resized(image, 50, 20), imaging::resized(image, 50, 20, Resample::lanczos)));
  EXPECT_TRUE(same(Upscaler("Nearest").resized(image, 10, 8), imaging::resized(image, 10, 8, Resample::lanczos)));
}

TEST(Upscalers, NetworksEnlargeByTheirScaleAsOftenAsNeeded) {
  const TemporaryFolder folder;
  const Upscaler upscaler(network_file(folder, "x4"));
  const Image image = pattern(16, 8, 3);
  const Image four = upscaler.enlarged(image, 4);
  EXPECT_EQ(four.width, 64);
  EXPECT_EQ(four.height, 32);
  EXPECT_TRUE(same(upscaler.enlarged(image, 2), imaging::resized(four, 32, 16, Resample::lanczos)));
  EXPECT_TRUE(
      same(upscaler.enlarged(image, 8), imaging::resized(upscaler.enlarged(four, 4), 128, 64, Resample::lanczos)));
  EXPECT_EQ(Upscaler(network_file(folder, "x2")).enlarged(image, 2).width, 32);
  EXPECT_EQ(Upscaler(network_file(folder, "x1")).enlarged(image, 1).width, 16);
}

TEST(Upscalers, TilesCoverThePictureAndFade) {
  const TemporaryFolder folder;
  const std::string file = network_file(folder, "x4");
  const Image image = pattern(40, 32, 3);
  const Image whole = Upscaler(file, {.side = 0}).enlarged(image, 4);
  EXPECT_TRUE(same(Upscaler(file, {.side = 64}).enlarged(image, 4), whole));  // it fits into one
  const Image tiled = Upscaler(file, {.side = 24, .overlap = 6}).enlarged(image, 4);
  EXPECT_EQ(tiled.width, 160);
  // Tiles end where the picture goes on, which the network sees at their borders only.
  double difference = 0;
  for (size_t i = 0; i < tiled.pixels.size(); ++i)
    difference += std::abs(int(tiled.pixels[i]) - int(whole.pixels[i])) / double(tiled.pixels.size());
  EXPECT_GT(difference, 0);
  EXPECT_LT(difference, 1);
  int events = 0;
  Upscaler(file, {.side = 24, .overlap = 6}).enlarged(image, 4, [&](const ProgressEvent& event) {
    EXPECT_EQ(event.total, 4);
    ++events;
  });
  EXPECT_EQ(events, 5);
}

TEST(Upscalers, TransparencyIsSeenOnWhite) {
  Image clear(8, 8, 4);
  EXPECT_EQ(Upscaler("Nearest").enlarged(clear, 1).pixels, std::vector<uint8_t>(192, 255));
}

TEST(Upscalers, RefuseWhatIsNotThere) {
  expect_error(ErrorKind::not_found,
               "find the upscaler \"Lanczoss\": it must be a file or a known name; did you mean "
               "\"Lanczos\"",
               [] { Upscaler("Lanczoss"); });
  expect_error(ErrorKind::invalid_request, "a tile must be larger than twice what it shares",
               [] { Upscaler("Lanczos", {.side = 16, .overlap = 8}); });
}

}  // namespace
}  // namespace darkroom::generate
