#include "plot/grid.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "formats/support.h"

namespace darkroom::plot {
namespace {

Image filled(int width, int height, uint8_t value, int channels = 3) {
  Image image(width, height, channels);
  std::fill(image.pixels.begin(), image.pixels.end(), value);
  return image;
}

TEST(Grid, WithoutLegendsItIsTheCells) {
  const Image image = grid({filled(4, 3, 1), filled(4, 3, 2), filled(4, 3, 3), filled(4, 3, 4)}, 2, {});
  ASSERT_EQ(image.width, 8);
  ASSERT_EQ(image.height, 6);
  EXPECT_EQ(image.pixel(0, 0)[0], 1);
  EXPECT_EQ(image.pixel(7, 0)[0], 2);
  EXPECT_EQ(image.pixel(0, 5)[0], 3);
  EXPECT_EQ(image.pixel(7, 5)[2], 4);
}

TEST(Grid, SmallerCellsStandInTheMiddleOnWhite) {
  const Image image = grid({filled(4, 4, 1), filled(2, 2, 9, 1)}, 2, {});
  EXPECT_EQ(image.pixel(4, 0)[0], 255);
  EXPECT_EQ(image.pixel(5, 1)[2], 9);
  EXPECT_EQ(grid({filled(1, 1, 0, 4)}, 1, {}).pixel(0, 0)[0], 255);  // transparent black
}

TEST(Grid, LegendsTakeRoomAtTopAndLeft) {
  const std::vector<Image> cells(4, filled(64, 64, 100));
  const Image image =
      grid(cells, 2, {{{{"Steps: 5"}}, {{"Steps: 10"}}}, {{{"Euler"}}, {{"a very long name of a sampler"}}}});
  EXPECT_GT(image.width, 128);
  EXPECT_GT(image.height, 128);
  const int left = image.width - 128, top = image.height - 128;
  EXPECT_EQ(image.pixel(left, top)[0], 100);
  const auto ink = [&](int x0, int y0, int x1, int y1) {
    int dark = 0;
    for (int y = y0; y < y1; ++y)
      for (int x = x0; x < x1; ++x) dark += image.pixel(x, y)[0] < 100;
    return dark;
  };
  EXPECT_GT(ink(left, 0, left + 64, top), 20);
  EXPECT_GT(ink(left + 64, 0, left + 128, top), 20);
  EXPECT_GT(ink(0, top, left, top + 64), 20);
  EXPECT_GT(ink(0, top + 64, left, top + 128), 20);
  EXPECT_EQ(ink(0, 0, left, top), 0);
}

TEST(Grid, WhatDoesNotApplyIsGrey) {
  const auto darkest = [](bool applies) {
    const Image image = grid({filled(64, 64, 255)}, 1, {{{{"IIII", applies}}}, {}});
    return *std::min_element(image.pixels.begin(), image.pixels.end());
  };
  EXPECT_LT(darkest(true), 60);
  EXPECT_GE(darkest(false), 150);
}

TEST(Grid, TooLargeIsRefused) {
  const std::vector<Image> cells(200, filled(100, 1, 0));
  formats::expect_error(ErrorKind::invalid_request, "fewer values", [&] { grid(cells, 200, {}); });
  formats::expect_error(ErrorKind::internal, "into 3 columns", [&] { grid({cells[0], cells[1]}, 3, {}); });
}

}  // namespace
}  // namespace darkroom::plot
