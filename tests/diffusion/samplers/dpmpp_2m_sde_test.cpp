#include <gtest/gtest.h>

#include <cmath>

#include "diffusion/worlds.h"

namespace darkroom::diffusion {
namespace {

TEST(Dpmpp2mSde, EndsWhereTheReferenceEnds) {
  expect_golden_run("DPM++ 2M SDE", "DPM++ 2M SDE");
}

TEST(Dpmpp2mSdeHeun, EndsWhereTheReferenceEnds) {
  expect_golden_run("DPM++ 2M SDE Heun", "DPM++ 2M SDE Heun");
}

TEST(Dpmpp2mSde, WithoutFreshNoiseItIsDpmpp2m) {
  EXPECT_NEAR(flow_error(sample_dpmpp_2m_sde, 20, {.eta = 0}), flow_error(sample_dpmpp_2m, 20), 1e-12);
}

// At eta 0 Heun's form is the sampler that others call res_multistep.
TEST(Dpmpp2mSdeHeun, WithoutFreshNoiseErrorsAreOfSecondOrder) {
  for (const auto& [n, error] : {std::pair(10, 8.43e-2), {20, 1.41e-2}, {40, 2.94e-3}, {160, 1.64e-4}, {320, 4.02e-5}})
    EXPECT_NEAR(flow_error(sample_dpmpp_2m_sde_heun, n, {.eta = 0}) / error, 1, 0.01) << n;
}

TEST(Dpmpp2mSde, VarianceOfTheResult) {
  for (const auto& [n, variance] : {std::pair(5, 1.026), {10, 1.215}, {20, 1.065}, {50, 1.009}, {100, 1.001}})
    EXPECT_NEAR(final_variance(sample_dpmpp_2m_sde, n), variance, 6e-4) << n;
}

}  // namespace
}  // namespace darkroom::diffusion
