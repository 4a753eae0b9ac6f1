#include <gtest/gtest.h>

#include <cmath>

#include "diffusion/worlds.h"

namespace darkroom::diffusion {
namespace {

TEST(DpmFast, EndsWhereTheReferenceEnds) {
  expect_golden_run("DPM fast", "DPM fast", {.eta = 1});
  expect_golden_run("DPM fast eta 0", "DPM fast", {.eta = 0});
}

/// Error in n calls: flow_error leaves the final 0 out, which is the level that is not gone to.
double error_in_calls(int n) {
  Sigmas sigmas = karras_sigmas(NoiseSchedule(), n);
  const Tensor start = (at::arange(16, at::kDouble) + 0.5) / 4 - 2;
  SampleOptions options{.noise = [&](double, double) { return at::zeros_like(start); }, .eta = 0};
  const std::vector<double> begin = doubles(start * sigmas[0]);
  const std::vector<double> end = doubles(sample_dpm_fast(Mixture::denoised, start * sigmas[0], sigmas, options));
  double sum = 0;
  for (int j = 0; j < 16; ++j) sum += std::pow(end[j] - Mixture::flowed(begin[j], sigmas[0], sigmas[n - 1]), 2);
  return std::sqrt(sum / 16);
}

TEST(DpmFast, IsOfThirdOrderOnlyWhereTheBudgetIsTwoMoreThanThrees) {
  for (const auto& [n, error] : {std::pair(14, 1.09e-2), {26, 1.20e-3}, {50, 8.56e-5}, {98, 1.06e-5}})
    EXPECT_NEAR(error_in_calls(n) / error, 1, 0.02) << n;
  for (const auto& [n, error] : {std::pair(15, 9.73e-3), {27, 1.15e-3}, {51, 3.03e-4}, {99, 7.31e-5}})
    EXPECT_NEAR(error_in_calls(n) / error, 1, 0.02) << n;
  for (const auto& [n, error] : {std::pair(13, 1.74e-2), {25, 2.39e-3}, {49, 4.01e-4}, {97, 8.30e-5}})
    EXPECT_NEAR(error_in_calls(n) / error, 1, 0.02) << n;
}

}  // namespace
}  // namespace darkroom::diffusion
