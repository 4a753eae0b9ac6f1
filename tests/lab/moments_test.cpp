#include "lab/moments.h"

#include <gtest/gtest.h>

#include <map>

namespace darkroom::lab {
namespace {

// samplers.md 4.5, to its printed digits.
TEST(Moments, OfTheTable) {
  const std::map<std::string, std::vector<double>> expected = {
      {"Euler", {.465, .710, .848, .935, .965}},
      {"Heun", {1.736, 1.110, 1.018, .998, .995}},
      {"DPM++ 2M", {1.125, 1.106, 1.019, .998, .995}},
      {"Euler a", {.313, .538, .727, .878, .936}},
      {"DPM2 a", {3.427, 1.322, 1.063, 1.008, 1.001}},
      {"DPM++ 2S a", {.542, .832, .950, .991, .997}},
      {"DPM++ SDE", {.669, .899, .975, .996, .999}},
      {"DPM++ 2M SDE", {1.026, 1.215, 1.065, 1.009, 1.001}},
      {"DPM++ 3M SDE", {4.313, 1.527, 1.024, 1.003, 1.000}},
  };
  const MomentsTable table = measure_moments();
  EXPECT_EQ(table.steps, (std::vector<int>{5, 10, 20, 50, 100}));
  size_t compared = 0;
  for (const MomentsRow& row : table.rows) {
    const auto wanted = expected.find(row.sampler);
    if (wanted == expected.end()) continue;
    ++compared;
    for (size_t i = 0; i < row.variances.size(); ++i)
      EXPECT_NEAR(row.variances[i], wanted->second[i], 1.1e-3) << row.sampler << " " << table.steps[i];
  }
  EXPECT_EQ(compared, expected.size());
}

}  // namespace
}  // namespace darkroom::lab
