#include "lab/svg_plot.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"

namespace darkroom::lab {
namespace {

size_t count(const std::string& text, const std::string& part) {
  size_t found = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST(SvgPlot, DrawsEveryPointThatCanBeDrawn) {
  const std::string text =
      svg(LogPlot{"A & B",
                  "steps",
                  "error",
                  {{"<one>", {{10, 1}, {20, 0.1}, {40, 0}, {80, NAN}}}, {"two", {{10, 2}, {20, 1}}}, {"none", {}}}});
  EXPECT_EQ(count(text, "<circle"), 4u);
  EXPECT_EQ(count(text, "A &amp; B"), 1u);
  EXPECT_EQ(count(text, "&lt;one&gt;"), 1u);
  EXPECT_EQ(count(text, "nan"), 0u);
  EXPECT_EQ(count(text, "inf"), 0u);
  EXPECT_TRUE(text.ends_with("</svg>\n"));
}

TEST(SvgPlot, LogarithmicAxesPutEqualFactorsAtEqualDistances) {
  const std::string text = svg(LogPlot{"", "", "", {{"s", {{1, 1}, {10, 1}, {100, 1}}}}});
  std::vector<double> places;
  for (size_t at = text.find("cx=\""); at != std::string::npos; at = text.find("cx=\"", at + 1))
    places.push_back(std::stod(text.substr(at + 4)));
  ASSERT_EQ(places.size(), 3u);
  EXPECT_NEAR(places[1] - places[0], places[2] - places[1], 0.2);
}

TEST(SvgPlot, CountsStandOnALinearAxis) {
  const std::string text = svg(LogPlot{"", "", "", {{"s", {{100, 1}, {200, 1}, {300, 1}}}}, true});
  std::vector<double> places;
  for (size_t at = text.find("cx=\""); at != std::string::npos; at = text.find("cx=\"", at + 1))
    places.push_back(std::stod(text.substr(at + 4)));
  ASSERT_EQ(places.size(), 3u);
  EXPECT_NEAR(places[1] - places[0], places[2] - places[1], 0.2);
  EXPECT_NE(text.find(">0</text>"), std::string::npos);
  EXPECT_NE(text.find(">300</text>"), std::string::npos);
}

TEST(SvgPlot, NothingIsAPlotToo) {
  EXPECT_EQ(count(svg(LogPlot{}), "nan"), 0u);
}

TEST(SvgPlot, HeatMapsLeaveUnknownCellsEmpty) {
  const std::string text = svg(HeatMap{"map", {"a", "b"}, {"x", "y"}, {0.5, 2, 0, 30}});
  EXPECT_EQ(count(text, "#36c"), 1u);
  EXPECT_EQ(count(text, "#d33"), 2u);
  EXPECT_THROW(svg(HeatMap{"map", {"a"}, {"x", "y"}, {1}}), Error);
}

}  // namespace
}  // namespace darkroom::lab
