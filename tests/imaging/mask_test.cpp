#include "imaging/mask.h"

#include "imaging/golden.h"

namespace darkroom::imaging {
namespace {

Image marked(int width, int height, const Box& box) {
  Image mask(width, height, 1);
  for (int y = box.top; y < box.bottom; ++y)
    for (int x = box.left; x < box.right; ++x) *mask.pixel(x, y) = 255;
  return mask;
}

TEST(Mask, IsWhatIsVisibleOrElseTheLuma) {
  Image picture(3, 1, 4);
  picture.pixels = {9, 9, 9, 128, 9, 9, 9, 129, 9, 9, 9, 255};
  EXPECT_EQ(mask_of(picture, true).pixels, (std::vector<uint8_t>{0, 255, 255}));
  EXPECT_EQ(mask_of(picture, false).pixels, (std::vector<uint8_t>{128, 129, 255}));
  picture.pixels = {9,   9,   9, 255, 200, 200,
                    200, 255, 0, 0,   0,   255};  // nothing transparent: it is the colour that counts
  EXPECT_EQ(mask_of(picture, true).pixels, (std::vector<uint8_t>{9, 200, 0}));
}

TEST(Mask, BoxHoldsWhatIsMarked) {
  EXPECT_EQ(marked_box(marked(40, 30, {7, 9, 12, 20}), 0), (Box{7, 9, 12, 20}));
  EXPECT_EQ(marked_box(marked(40, 30, {7, 9, 12, 20}), 8), (Box{0, 1, 20, 28}));
  EXPECT_EQ(marked_box(marked(40, 30, {0, 0, 40, 30}), 5), (Box{0, 0, 40, 30}));
  EXPECT_EQ(marked_box(marked(40, 30, {39, 29, 40, 30}), 0), (Box{39, 29, 40, 30}));
  EXPECT_EQ(marked_box(marked(40, 30, {}), 32), std::nullopt);
}

// Numbers by A1111's expand_crop_region.
TEST(Mask, BoxesGrowToTheShapeOfTheRun) {
  const auto grown = [](const Box& box, int width, int height, int picture_width, int picture_height) {
    return expanded(box, width, height, Image(picture_width, picture_height, 1));
  };
  EXPECT_EQ(grown({20, 30, 84, 46}, 64, 64, 200, 200), (Box{20, 6, 84, 70}));       // room on both sides
  EXPECT_EQ(grown({20, 2, 84, 18}, 64, 64, 200, 200), (Box{20, 0, 84, 64}));        // pushed down
  EXPECT_EQ(grown({20, 190, 84, 200}, 64, 64, 200, 200), (Box{20, 136, 84, 200}));  // pushed up
  EXPECT_EQ(grown({20, 10, 84, 20}, 64, 64, 200, 40), (Box{20, 0, 84, 40}));        // no room: not square
  EXPECT_EQ(grown({5, 0, 15, 33}, 48, 32, 300, 100), (Box{0, 0, 49, 33}));          // x: 39 more, 19 of them left
}

TEST(Mask, FillIsA1111sBitForBit) {
  for (const Json& one : golden("compose"))
    EXPECT_TRUE(same(filled(pattern(24, 18, 3), stored(one.at("mask"))), stored(one.at("filled"))));
}

TEST(Mask, FillOfAWholePictureIsBlack) {
  const Image picture = pattern(12, 10, 3);
  EXPECT_EQ(filled(picture, marked(12, 10, {0, 0, 12, 10})).pixels, std::vector<uint8_t>(360, 0));
  EXPECT_TRUE(same(filled(picture, marked(12, 10, {})), picture));
}

}  // namespace
}  // namespace darkroom::imaging
