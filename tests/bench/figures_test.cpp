#include "bench/figures.h"

#include <gtest/gtest.h>

namespace darkroom::bench {
namespace {

TEST(Figures, MovementOfThePeak) {
  EXPECT_EQ(peak_movement({}), 0);
  EXPECT_EQ(peak_movement({{100, 0}}), 0);
  EXPECT_DOUBLE_EQ(peak_movement({{100, 0}, {125, 0}, {110, 0}}), 0.25);
}

TEST(Figures, LargestDifferenceIsOfAllLayers) {
  Bench bench;
  EXPECT_EQ(largest_difference(bench), 0);
  bench.layers = {{.name = "a", .difference = 1e-6}};
  bench.attention = {{.name = "b", .difference = 3e-6}, {.name = "c", .difference = 2e-6}};
  EXPECT_EQ(largest_difference(bench), 3e-6);
}

}  // namespace
}  // namespace darkroom::bench
