#include "train/colour_change.h"

#include <gtest/gtest.h>

#include <cmath>

#include "train/random.h"

namespace darkroom::train {
namespace {

TEST(ColourChange, ChangesAThirdALittle) {
  Image image(1, 1, 3);
  image.pixels = {200, 100, 50};
  int changed = 0;
  at::Generator draws = generator_for(0, Purpose::picture, 0);
  for (int i = 0; i < 3000; ++i) {
    const Image now = colour_changed(image, draws);
    changed += now.pixels != image.pixels;
    for (size_t c = 0; c < 3; ++c) EXPECT_LE(std::abs(now.pixels[c] - image.pixels[c]), 42);  // 16 degrees of hue
    EXPECT_NEAR(now.pixels[0], 200, 4);  // the lightest channel stays, or changes by a power near 1
  }
  EXPECT_NEAR(changed / 3000.0, 0.33, 0.04);  // 4.5 standard deviations; a few changes round to nothing
}

TEST(ColourChange, LeavesGreyGreyAndBlackBlack) {
  Image image(2, 1, 3);
  image.pixels = {0, 0, 0, 120, 120, 120};
  at::Generator draws = generator_for(1, Purpose::picture, 0);
  for (int i = 0; i < 200; ++i) {
    const Image now = colour_changed(image, draws);
    EXPECT_EQ(now.pixels[0], 0);
    EXPECT_EQ(now.pixels[3], now.pixels[4]);
    EXPECT_EQ(now.pixels[4], now.pixels[5]);
  }
}

}  // namespace
}  // namespace darkroom::train
