#include <gtest/gtest.h>

#include <cmath>

#include "diffusion/worlds.h"

namespace darkroom::diffusion {
namespace {

TEST(Dpmpp2sAncestral, EndsWhereTheReferenceEnds) {
  expect_golden_run("DPM++ 2S a", "DPM++ 2S a");
}

TEST(Dpmpp2sAncestral, WithoutFreshNoiseErrorsAreOfSecondOrder) {
  for (const auto& [n, error] : {std::pair(10, 5.51e-2), {20, 8.03e-3}, {40, 1.88e-3}, {160, 1.17e-4}, {320, 2.94e-5}})
    EXPECT_NEAR(flow_error(sample_dpmpp_2s_ancestral, n, {.eta = 0}) / error, 1, 0.01) << n;
}

TEST(Dpmpp2sAncestral, VarianceOfTheResult) {
  for (const auto& [n, variance] : {std::pair(5, 0.542), {10, 0.832}, {20, 0.950}, {50, 0.991}, {100, 0.997}})
    EXPECT_NEAR(final_variance(sample_dpmpp_2s_ancestral, n), variance, 6e-4) << n;
}

}  // namespace
}  // namespace darkroom::diffusion
