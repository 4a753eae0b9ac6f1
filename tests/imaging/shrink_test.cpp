#include "imaging/shrink.h"

#include <gtest/gtest.h>

namespace darkroom::imaging {
namespace {

Image row_of(const std::vector<uint8_t>& values) {
  Image image(int(values.size()), 1, 1);
  image.pixels = values;
  return image;
}

TEST(Shrink, WholeFactorsAreMeans) {
  EXPECT_EQ(shrunk_by_area(row_of({10, 20, 100, 50}), 2, 1).pixels, (std::vector<uint8_t>{15, 75}));
  Image square(2, 2, 3);
  square.pixels = {0, 10, 20, 4, 10, 20, 8, 10, 20, 12, 10, 24};
  EXPECT_EQ(shrunk_by_area(square, 1, 1).pixels, (std::vector<uint8_t>{6, 10, 21}));
}

TEST(Shrink, PartsOfPixelsCountByTheirShare) {
  // Three pixels become two: each is one whole and half of the middle one.
  EXPECT_EQ(shrunk_by_area(row_of({30, 60, 90}), 2, 1).pixels, (std::vector<uint8_t>{40, 80}));
  // Five become two: two whole ones and half of the middle.
  EXPECT_EQ(shrunk_by_area(row_of({0, 0, 100, 200, 200}), 2, 1).pixels, (std::vector<uint8_t>{20, 180}));
}

TEST(Shrink, KeepsWhatIsEvenAndItsOwnSize) {
  Image even(37, 23, 3);
  for (uint8_t& value : even.pixels) value = 77;
  const Image small = shrunk_by_area(even, 16, 16);
  EXPECT_EQ(small.width, 16);
  for (const uint8_t value : small.pixels) EXPECT_EQ(value, 77);
  const Image same = row_of({1, 2, 3});
  EXPECT_EQ(shrunk_by_area(same, 3, 1).pixels, same.pixels);
}

TEST(Shrink, IntoASquareKeepsTheShape) {
  const auto size_of = [](int width, int height) {
    const Image small = shrunk_into(Image(width, height, 1), 100);
    return std::pair(small.width, small.height);
  };
  EXPECT_EQ(size_of(400, 200), std::pair(100, 50));
  EXPECT_EQ(size_of(200, 400), std::pair(50, 100));
  EXPECT_EQ(size_of(64, 32), std::pair(64, 32)) << "nothing is enlarged";
  EXPECT_EQ(size_of(1000, 2), std::pair(100, 1)) << "a row is left";
}

}  // namespace
}  // namespace darkroom::imaging
