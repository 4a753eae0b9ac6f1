#include <gtest/gtest.h>

#include <ATen/CPUGeneratorImpl.h>

#include <cmath>
#include <tuple>

#include "diffusion/worlds.h"

namespace darkroom::diffusion {
namespace {

TEST(DpmAdaptive, EndsWhereTheReferenceEnds) {
  expect_golden_run("DPM adaptive", "DPM adaptive", {.eta = 1}, 2e-4);
  expect_golden_run("DPM adaptive eta 0", "DPM adaptive", {.eta = 0}, 2e-4);
}

TEST(DpmAdaptive, NumbersThatAreNoneEndIt) {
  const Sigmas sigmas = karras_sigmas(NoiseSchedule(), 10);
  const Denoiser broken = [](const Tensor& x, double) { return x * NAN; };
  const auto run = [&] { sample_dpm_adaptive(broken, at::ones({1, 4, 4, 4}), sigmas, {.eta = 0}); };
  expect_contains(error_of(ErrorKind::internal, run), "no numbers");
}

TEST(DpmAdaptive, AFewStepsDoWhereNothingChanges) {
  const Sigmas sigmas = karras_sigmas(NoiseSchedule(), 10);
  int calls = 0;
  const Denoiser point = [&](const Tensor& x, double) { return ++calls, at::full_like(x, 0.5); };
  const Tensor end =
      sample_dpm_adaptive(point, at::ones({1, 1, 2, 2}) * sigmas[0], sigmas, {.eta = 0, .solvers_end_at_lowest = true});
  // The deterministic way is a straight line: at the lowest level its share of the distance is left.
  const double expected = 0.5 + (sigmas[0] - 0.5) * sigmas[9] / sigmas[0];
  EXPECT_LE(largest_difference(end, at::full({1, 1, 2, 2}, expected)), 1e-4);
  EXPECT_LT(calls, 40);
}

// samplers.md 4.3: error at sigma_min and calls, order times attempts.
TEST(DpmAdaptive, TolerancesSetTheError) {
  const auto error_and_calls = [](int order, double relative, double absolute) {
    const Sigmas sigmas = karras_sigmas(NoiseSchedule(), 10);
    const Tensor start = ((at::arange(16, at::kDouble) + 0.5) / 4 - 2) * sigmas[0];
    int calls = 0;
    const Denoiser counted = [&](const Tensor& x, double sigma) { return ++calls, Mixture::denoised(x, sigma); };
    const Tensor end = sample_dpm_adaptive(counted, start, sigmas,
                                           {.eta = 0,
                                            .order = order,
                                            .relative_tolerance = relative,
                                            .absolute_tolerance = absolute,
                                            .solvers_end_at_lowest = true});
    return std::pair(flow_distance(start, end, sigmas[0], sigmas[9]), calls);
  };
  for (const auto& [order, relative, absolute, error, calls] : {std::tuple(3, 0.05, 0.0078, 4.3e-2, 30),
                                                                {3, 1e-2, 1e-3, 1.1e-2, 36},
                                                                {3, 1e-3, 1e-4, 5.5e-4, 66},
                                                                {3, 1e-4, 1e-5, 6.1e-5, 117},
                                                                {2, 0.05, 0.0078, 2.9e-2, 26},
                                                                {2, 1e-2, 1e-3, 6.3e-3, 40},
                                                                {2, 1e-3, 1e-4, 6.6e-4, 104}}) {
    const auto [found_error, found_calls] = error_and_calls(order, relative, absolute);
    EXPECT_NEAR(found_error / error, 1, 0.05) << order << " " << relative;
    // The first estimates of the error are rounding and set the steps after them: an attempt or two more or less.
    EXPECT_NEAR(found_calls, calls, 2 * order) << order << " " << relative;
  }
}

TEST(DpmAdaptive, StepsThatAreNeverShortEnoughEndIt) {
  const Sigmas sigmas = karras_sigmas(NoiseSchedule(), 10);
  const auto run_with = [&](const Denoiser& denoise, double tolerance) {
    sample_dpm_adaptive(denoise, at::ones({1, 1, 2, 2}) * sigmas[0], sigmas,
                        {.eta = 0, .relative_tolerance = tolerance, .absolute_tolerance = tolerance});
  };
  // An answer that has nothing to do with the question.
  at::Generator random = at::detail::createCPUGenerator(5);
  const Denoiser noise = [&](const Tensor& x, double sigma) { return at::randn(x.sizes(), random) * sigma; };
  expect_contains(error_of(ErrorKind::internal, [&] { run_with(noise, 1e-9); }), "no step is short enough");
  // One that allows only tiny steps, all the way.
  const Denoiser wild = [](const Tensor& x, double sigma) { return at::sin(x * 1e4) * sigma; };
  expect_contains(error_of(ErrorKind::internal, [&] { run_with(wild, 1e-5); }), "attempts");
}

}  // namespace
}  // namespace darkroom::diffusion
