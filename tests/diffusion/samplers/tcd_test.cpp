#include <gtest/gtest.h>

#include "diffusion/samplers/diffusers_runs.h"

namespace darkroom::diffusion {
namespace {

// Its levels are the model's in float32, theirs in float64.
TEST(Tcd, WalksLikeDiffusers) {
  expect_diffusers_runs("TCD", sample_tcd, {{4, 0.3}, {8, 0.7}}, 1e-4);
}

TEST(Tcd, GoesFromDdimToLcm) {
  const Sigmas sigmas = lcm_sigmas(NoiseSchedule(), 6);
  const Tensor start = at::linspace(-2, 2, 16, at::kDouble) * sigmas[0];
  SampleOptions options{.noise = [&](double sigma, double) { return at::full_like(start, std::sin(sigma)); }, .eta = 0};
  EXPECT_LE(largest_difference(sample_tcd(Mixture::denoised, start, sigmas, options),
                               sample_ddim(Mixture::denoised, start, sigmas, options)),
            1e-12);
  options.eta = 1;  // down to the table's lowest level, which is not quite 0
  EXPECT_LE(largest_difference(sample_tcd(Mixture::denoised, start, sigmas, options),
                               sample_lcm(Mixture::denoised, start, sigmas, options)),
            0.1);
}

}  // namespace
}  // namespace darkroom::diffusion
