#include "plot/text.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace darkroom::plot {
namespace {

Image white(int width, int height) {
  Image image(width, height, 3);
  std::fill(image.pixels.begin(), image.pixels.end(), uint8_t(255));
  return image;
}

/// Columns that hold ink, first and last; -1 where there is none.
std::pair<int, int> inked_columns(const Image& image) {
  int first = -1, last = -1;
  for (int x = 0; x < image.width; ++x)
    for (int y = 0; y < image.height; ++y)
      if (image.pixel(x, y)[0] < 128) first = first < 0 ? x : first, last = x;
  return {first, last};
}

TEST(Text, IsDrawnWhereItBelongs) {
  Image image = white(100, 30);
  draw_text(image, 10, 5, "HI", 16);
  const auto [first, last] = inked_columns(image);
  EXPECT_GE(first, 10);
  EXPECT_LE(last, 10 + text_width("HI", 16));
  EXPECT_GT(last - first, text_width("HI", 16) / 2);
  EXPECT_EQ(image.pixel(0, 0)[0], 255);
}

TEST(Text, WidthsAddUp) {
  EXPECT_EQ(text_width("", 16), 0);
  EXPECT_EQ(text_width("Steps: 20", 16), text_width("Steps", 16) + text_width(": 20", 16));
  EXPECT_GT(text_width("Steps", 32), text_width("Steps", 16));
  EXPECT_GT(text_width("\xff\xe8\x8b\xb9\xf0\x9f\x8d\x8e", 16), 0);
  EXPECT_GT(line_height(16), 15);
}

TEST(Text, OutsideOfThePictureNothingHappens) {
  Image image = white(10, 10);
  for (const int place : {-1000, -5, 5, 1000}) draw_text(image, place, place, "WWWW", 20);
  EXPECT_EQ(image.pixels.size(), 300u);
  draw_text(image, 0, 0, "x", 100000);
}

TEST(Text, LongTextsAreBroken) {
  EXPECT_EQ(wrapped("", 12, 100), (std::vector<std::string>{""}));
  EXPECT_EQ(wrapped("a b", 12, 1000), (std::vector<std::string>{"a b"}));
  EXPECT_EQ(wrapped("a\nb", 12, 1000), (std::vector<std::string>{"a", "b"}));
  const int width = text_width("apple apple", 12);
  EXPECT_EQ(wrapped("apple apple apple", 12, width), (std::vector<std::string>{"apple apple", "apple"}));
  std::string joined;
  for (const std::string& line : wrapped("Donaudampfschifffahrt\xc3\xa4", 12, 40)) {
    EXPECT_LE(text_width(line, 12), 40);
    joined += line;
  }
  EXPECT_EQ(joined, "Donaudampfschifffahrt\xc3\xa4");
  EXPECT_EQ(wrapped("abc", 12, 0).size(), 3u);
}

}  // namespace
}  // namespace darkroom::plot
