#include "bench/chart.h"

#include <gtest/gtest.h>

#include <regex>

namespace darkroom::bench {
namespace {

/// Widths of the rectangles of one colour, behind the one of the legend.
std::vector<double> widths(const std::string& text, const std::string& colour) {
  std::vector<double> found;
  const std::regex rectangle("width=\"([0-9.]+)\" height=\"[0-9.]+\" fill=\"" + colour + "\"");
  for (std::sregex_iterator at(text.begin(), text.end(), rectangle), end; at != end; ++at)
    found.push_back(std::stod((*at)[1]));
  if (!found.empty()) found.erase(found.begin());
  return found;
}

TEST(BarChart, LengthsAreShares) {
  const std::string text = svg({"A & B", "share", "fraction", {{"one", 0.5, 0.75, ""}, {"<two>", 0.25, 0, "x"}}});
  const std::vector<double> shares = widths(text, "#4269d0"), fractions = widths(text, "#e2711d");
  ASSERT_EQ(shares.size(), 2u);
  ASSERT_EQ(fractions.size(), 1u) << "what has no products has no fraction of the peak";
  EXPECT_NEAR(shares[0], 2 * shares[1], 0.2);
  EXPECT_NEAR(fractions[0], 1.5 * shares[0], 0.2);
  EXPECT_NE(text.find("&lt;two&gt;"), std::string::npos);
  EXPECT_NE(text.find("A &amp; B"), std::string::npos);
}

TEST(BarChart, WhatIsAboveThePeakStaysInThePicture) {
  const std::string text = svg({"", "", "", {{"", 3, 40, ""}}});
  EXPECT_LE(widths(text, "#4269d0").at(0), 400);
  EXPECT_LE(widths(text, "#e2711d").at(0), 400);
}

}  // namespace
}  // namespace darkroom::bench
