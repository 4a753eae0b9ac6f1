#include "imaging/image.h"

#include <gtest/gtest.h>

namespace darkroom {
namespace {

TEST(Image, RowsFromTheTopChannelsInterleaved) {
  Image image(3, 2, 4);
  EXPECT_EQ(image.pixels.size(), 24u);
  image.pixel(1, 1)[2] = 9;
  EXPECT_EQ(image.pixels[(1 * 3 + 1) * 4 + 2], 9);
  const Image& same = image;
  EXPECT_EQ(same.pixel(1, 1)[2], 9);
}

TEST(Image, StartsBlackOrEmpty) {
  EXPECT_TRUE(Image().pixels.empty());
  EXPECT_EQ(Image(2, 2, 3).pixels, std::vector<uint8_t>(12, 0));
}

}  // namespace
}  // namespace darkroom
