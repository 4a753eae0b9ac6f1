#include "imaging/blur.h"

#include "imaging/golden.h"

namespace darkroom::imaging {
namespace {

/// make_imaging.py's blob() of a third, a quarter, to the right edge, to the middle.
Image blob(int width, int height) {
  Image image(width, height, 1);
  for (int y = height / 4; y < height / 2 + 1; ++y)
    for (int x = width / 3; x < width; ++x) *image.pixel(x, y) = 255;
  return image;
}

TEST(Blur, GaussianIsOpenCvsBitForBit) {
  for (const Json& one : golden("gaussian")) {
    const Image from = one.at("hard") ? blob(one.at("of").at(0), one.at("of").at(1)) : pattern(one.at("of"));
    const Image found = gaussian_blurred(from, one.at("sigma").at(0), one.at("sigma").at(1));
    EXPECT_TRUE(same(found, stored(one.at("expected")))) << one.at("of") << one.at("sigma") << one.at("hard");
  }
}

TEST(Blur, BoxesArePillowsBitForBit) {
  for (const Json& one : golden("box")) {
    Image from = pattern(one.at("of"));
    if (from.channels == 4) from = stored(one.at("from"));
    EXPECT_TRUE(same(box_blurred(from, one.at("radius")), stored(one.at("expected"))))
        << one.at("of") << one.at("radius");
  }
}

TEST(Blur, OfNothingIsNothingAndOfAllIsAll) {
  for (const uint8_t value : {0, 255}) {
    Image image(20, 10, 1);
    image.pixels.assign(image.pixels.size(), value);
    EXPECT_TRUE(same(gaussian_blurred(image, 4, 9), image));
    EXPECT_TRUE(same(box_blurred(image, 16), image));
  }
}

}  // namespace
}  // namespace darkroom::imaging
