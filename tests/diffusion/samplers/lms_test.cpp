#include <gtest/gtest.h>

#include <cmath>

#include "diffusion/worlds.h"

namespace darkroom::diffusion {
namespace {

TEST(Lms, EndsWhereTheReferenceEndsIfItExtrapolatesLikeIt) {
  expect_golden_run("LMS", "LMS", {.lms_extrapolates_to_zero = true});
}

TEST(Lms, ErrorsAgainstTheExactFlow) {
  for (const auto& [n, error] : {std::pair(10, 1.06e-1), {20, 8.23e-3}, {40, 7.05e-4}, {80, 5.57e-5}, {160, 4.84e-6}})
    EXPECT_NEAR(flow_error(sample_lms, n) / error, 1, 0.01) << n;
}

}  // namespace
}  // namespace darkroom::diffusion
