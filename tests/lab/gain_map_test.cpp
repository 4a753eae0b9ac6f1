#include "lab/gain_map.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace darkroom::lab {
namespace {

double gain(const GainMap& map, const std::string& sampler, const std::string& schedule) {
  const auto row = std::find(map.samplers.begin(), map.samplers.end(), sampler) - map.samplers.begin();
  const auto column = std::find(map.schedules.begin(), map.schedules.end(), schedule) - map.schedules.begin();
  return map.gains.at(size_t(row) * map.schedules.size() + size_t(column));
}

TEST(GainMap, HoldsTheTableAndWhatDiscardingIsFor) {
  const GainMap map = measure_gain_map(20);
  EXPECT_EQ(map.gains.size(), map.samplers.size() * map.schedules.size());
  EXPECT_NEAR(gain(map, "Euler", "Karras"), .4895, 0.0025);
  EXPECT_NEAR(gain(map, "LMS", "Normal"), 8.141, 0.04);
  EXPECT_NEAR(gain(map, "DPM++ 3M SDE", "Uniform"), 18.39, 0.1);
  EXPECT_NEAR(gain(map, "DEIS", "Exponential"), .5641, 0.003);
  EXPECT_GT(*std::min_element(map.gains.begin(), map.gains.end()), 0);
}

}  // namespace
}  // namespace darkroom::lab
