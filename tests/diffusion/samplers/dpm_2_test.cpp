#include <gtest/gtest.h>

#include <cmath>

#include "diffusion/worlds.h"

namespace darkroom::diffusion {
namespace {

TEST(Dpm2, EndsWhereTheReferenceEnds) {
  expect_golden_run("DPM2", "DPM2");
}

TEST(Dpm2Ancestral, EndsWhereTheReferenceEnds) {
  expect_golden_run("DPM2 a", "DPM2 a");
}

TEST(Dpm2, ErrorsAgainstTheExactFlowAreOfSecondOrder) {
  for (const auto& [n, error] : {std::pair(10, 2.55e-2), {20, 5.21e-3}, {40, 1.18e-3}, {160, 6.87e-5}, {320, 1.70e-5}})
    EXPECT_NEAR(flow_error(sample_dpm_2, n) / error, 1, 0.01) << n;
}

TEST(Dpm2Ancestral, WithoutFreshNoiseItIsDpm2) {
  EXPECT_NEAR(flow_error(sample_dpm_2_ancestral, 20, {.eta = 0}), flow_error(sample_dpm_2, 20), 1e-12);
}

TEST(Dpm2Ancestral, VarianceOfTheResult) {
  for (const auto& [n, variance] : {std::pair(5, 3.427), {10, 1.322}, {20, 1.063}, {50, 1.008}, {100, 1.001}})
    EXPECT_NEAR(final_variance(sample_dpm_2_ancestral, n), variance, 6e-4) << n;
}

}  // namespace
}  // namespace darkroom::diffusion
