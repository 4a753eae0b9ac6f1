#include <gtest/gtest.h>

#include <cmath>

#include "diffusion/worlds.h"

namespace darkroom::diffusion {
namespace {

TEST(DpmFast, EndsWhereTheReferenceEnds) {
  expect_golden_run("DPM fast", "DPM fast", {.eta = 1});
  expect_golden_run("DPM fast eta 0", "DPM fast", {.eta = 0});
}

/// Error in n calls at the lowest positive level.
double error_in_calls(int n) {
  const Sigmas sigmas = karras_sigmas(NoiseSchedule(), n);
  const Tensor start = ((at::arange(16, at::kDouble) + 0.5) / 4 - 2) * sigmas[0];
  SampleOptions options{.noise = [&](double, double) { return at::zeros_like(start); }, .eta = 0};
  options.solvers_end_at_lowest = true;
  return flow_distance(start, sample_dpm_fast(Mixture::denoised, start, sigmas, options), sigmas[0], sigmas[n - 1]);
}

TEST(DpmFast, IsOfThirdOrderOnlyWhereTheBudgetIsTwoMoreThanThrees) {
  for (const auto& [n, error] : {std::pair(14, 1.09e-2), {26, 1.20e-3}, {50, 8.56e-5}, {98, 1.06e-5}})
    EXPECT_NEAR(error_in_calls(n) / error, 1, 0.02) << n;
  for (const auto& [n, error] : {std::pair(15, 9.73e-3), {27, 1.15e-3}, {51, 3.03e-4}, {99, 7.31e-5}})
    EXPECT_NEAR(error_in_calls(n) / error, 1, 0.02) << n;
  for (const auto& [n, error] : {std::pair(13, 1.74e-2), {25, 2.39e-3}, {49, 4.01e-4}, {97, 8.30e-5}})
    EXPECT_NEAR(error_in_calls(n) / error, 1, 0.02) << n;
}

TEST(DpmFast, DenoisesOnceMoreWithinItsBudgetUnlessToldNotTo) {
  for (const int n : {1, 2, 3, 7, 20}) {
    int calls = 0;
    double last = 0;
    const Denoiser point = [&](const Tensor& x, double sigma) {
      last = sigma;
      return ++calls, at::full_like(x, 0.5);
    };
    const Sigmas sigmas = karras_sigmas(NoiseSchedule(), n);
    const Tensor end = sample_dpm_fast(point, at::ones({1, 1, 2, 2}) * sigmas[0], sigmas,
                                       {.noise = [](double, double) { return at::zeros({1}); }, .eta = 0});
    EXPECT_EQ(calls, n);
    EXPECT_DOUBLE_EQ(last, sigmas[n - 1]);
    EXPECT_TRUE(end.equal(at::full({1, 1, 2, 2}, 0.5)));
  }
}

}  // namespace
}  // namespace darkroom::diffusion
