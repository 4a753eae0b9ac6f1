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

// Answers 0 everywhere but 1 in one call: how much of that call's error is in the result.
double gain_of_call(int call, const Sigmas& sigmas, const SampleOptions& options) {
  int calls = 0;
  const Denoiser impulse = [&](const Tensor& x, double) { return at::full_like(x, calls++ == call ? 1.0 : 0.0); };
  return sample_lms(impulse, at::zeros({1}, at::kDouble), sigmas, options).item<double>();
}

double noise_gain(int n, bool extrapolates) {
  const Sigmas sigmas = karras_sigmas(NoiseSchedule(), n);
  double sum = 0;
  for (int call = 0; call < n; ++call)
    sum += std::pow(gain_of_call(call, sigmas, {.lms_extrapolates_to_zero = extrapolates}), 2);
  return std::sqrt(sum);
}

// "LMS Karras is broken at many steps": the last step of the reference amplifies what a network gets wrong.
TEST(Lms, TheStepToZeroAmplifiesErrorsOnlyIfItExtrapolates) {
  EXPECT_NEAR(noise_gain(20, true) / 4.270, 1, 0.005);
  EXPECT_NEAR(noise_gain(100, true) / 231.0, 1, 0.005);
  EXPECT_NEAR(noise_gain(100, false), 1, 1e-9);
}

}  // namespace
}  // namespace darkroom::diffusion
