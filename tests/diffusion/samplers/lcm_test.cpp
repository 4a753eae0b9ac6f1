#include <gtest/gtest.h>

#include "diffusion/samplers/diffusers_runs.h"

namespace darkroom::diffusion {
namespace {

// c_skip and c_out, which this leaves out, differ from 0 and 1 by 1e-6.
TEST(Lcm, WalksLikeDiffusers) {
  expect_diffusers_runs("LCM", sample_lcm, {}, 1e-4);
}

// samplers.md 2.0, identity 6.
TEST(Lcm, IsEulerAncestralThatThrowsAllNoiseAway) {
  const Sigmas sigmas = karras_sigmas(NoiseSchedule(), 8);
  const Tensor start = at::linspace(-2, 2, 16, at::kDouble) * sigmas[0];
  SampleOptions options{.noise = [&](double sigma, double) { return at::full_like(start, std::sin(sigma)); }};
  const Tensor lcm = sample_lcm(Mixture::denoised, start, sigmas, options);
  options.eta = 100;
  EXPECT_LE(largest_difference(lcm, sample_euler_ancestral(Mixture::denoised, start, sigmas, options)), 1e-12);
}

}  // namespace
}  // namespace darkroom::diffusion
