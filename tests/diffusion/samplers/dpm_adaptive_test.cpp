#include <gtest/gtest.h>

#include <cmath>

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
  const Tensor end = sample_dpm_adaptive(point, at::ones({1, 1, 2, 2}) * sigmas[0], sigmas, {.eta = 0});
  // The deterministic way is a straight line: at the lowest level its share of the distance is left.
  const double expected = 0.5 + (sigmas[0] - 0.5) * sigmas[9] / sigmas[0];
  EXPECT_LE(largest_difference(end, at::full({1, 1, 2, 2}, expected)), 1e-4);
  EXPECT_LT(calls, 40);
}

}  // namespace
}  // namespace darkroom::diffusion
