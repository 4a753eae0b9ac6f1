#include <gtest/gtest.h>

#include <cmath>

#include "diffusion/worlds.h"

namespace darkroom::diffusion {
namespace {

TEST(Dpmpp3mSde, EndsWhereTheReferenceEnds) {
  expect_golden_run("DPM++ 3M SDE", "DPM++ 3M SDE");
}

TEST(Dpmpp3mSde, WithoutFreshNoiseErrorsAgainstTheExactFlow) {
  for (const auto& [n, error] : {std::pair(10, 3.99e-2), {20, 2.41e-3}, {40, 3.12e-4}, {160, 2.82e-5}, {320, 7.34e-6}})
    EXPECT_NEAR(flow_error(sample_dpmpp_3m_sde, n, {.eta = 0}) / error, 1, 0.01) << n;
}

TEST(Dpmpp3mSde, VarianceOfTheResult) {
  for (const auto& [n, variance] : {std::pair(5, 4.313), {10, 1.527}, {20, 1.024}, {50, 1.003}, {100, 1.000}})
    EXPECT_NEAR(final_variance(sample_dpmpp_3m_sde, n), variance, 6e-4) << n;
}

}  // namespace
}  // namespace darkroom::diffusion
