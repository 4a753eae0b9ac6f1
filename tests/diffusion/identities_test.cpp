// Samplers that are the same method under two names (samplers.md 2.0): to 1e-12 in float64; in float32 to 2e-6 where
// the flow does not amplify rounding, and to 1e-5 through a mixture's, which does between its parts.
#include <gtest/gtest.h>

#include "diffusion/samplers/dpm_solver.h"
#include "diffusion/worlds.h"

namespace darkroom::diffusion {
namespace {

/// The largest difference over the root mean square, for states of `type`, of two samplers in twenty steps.
double disagreement(const Denoiser& world, Sampler a, const SampleOptions& a_options, Sampler b,
                    const SampleOptions& b_options, at::ScalarType type) {
  const Sigmas sigmas = karras_sigmas(NoiseSchedule(), 20);
  const Tensor start = (at::linspace(-1.9, 1.9, 64, at::kDouble) * sigmas[0]).to(type);
  const auto with_noise = [&](SampleOptions options) {
    options.noise = [&](double sigma, double next) { return at::full_like(start, std::sin(sigma + 2 * next)); };
    return options;
  };
  const Tensor x = a(world, start, sigmas, with_noise(a_options));
  const Tensor y = b(world, start, sigmas, with_noise(b_options));
  EXPECT_EQ(x.scalar_type(), type);
  return largest_difference(x, y) / y.to(at::kDouble).square().mean().sqrt().item<double>();
}

void expect_identity(const char* name, Sampler a, const SampleOptions& a_options, Sampler b,
                     const SampleOptions& b_options) {
  const Denoiser gaussian = [](const Tensor& x, double sigma) { return x / (1 + sigma * sigma); };
  EXPECT_LE(disagreement(gaussian, a, a_options, b, b_options, at::kDouble), 1e-12) << name;
  EXPECT_LE(disagreement(gaussian, a, a_options, b, b_options, at::kFloat), 2e-6) << name;
  EXPECT_LE(disagreement(Mixture::denoised, a, a_options, b, b_options, at::kDouble), 1e-12) << name;
  EXPECT_LE(disagreement(Mixture::denoised, a, a_options, b, b_options, at::kFloat), 1e-5) << name;
}

TEST(Identities, OfFirstOrder) {
  const SampleOptions no_eta{.eta = 0};
  expect_identity("DDIM", sample_ddim, no_eta, sample_euler, {});
  expect_identity("Euler a without noise", sample_euler_ancestral, no_eta, sample_euler, {});
  expect_identity("LMS of order 1", sample_lms, {.order = 1}, sample_euler, {});
  expect_identity("DEIS of order 1", sample_deis, {.order = 1}, sample_euler, {});
  expect_identity("TCD without noise", sample_tcd, no_eta, sample_euler, {});
}

TEST(Identities, DdimWithNoiseIsEulerAncestral) {
  for (const double eta : {0.3, 0.7, 1.0})
    expect_identity("DDIM", sample_ddim, {.eta = eta}, sample_euler_ancestral, {.eta = eta});
}

TEST(Identities, LcmIsEulerAncestralWithoutMemory) {
  expect_identity("LCM", sample_lcm, {}, sample_euler_ancestral, {.eta = 1e6});
}

TEST(Identities, OfSecondOrder) {
  const SampleOptions no_eta{.eta = 0};
  expect_identity("2M SDE", sample_dpmpp_2m_sde, no_eta, sample_dpmpp_2m, {});
  // SDE computes its levels in float32, as its reference does.
  EXPECT_LE(disagreement(Mixture::denoised, sample_dpmpp_sde, no_eta, sample_dpmpp_2s_ancestral, no_eta, at::kDouble),
            1e-7);
  expect_identity("DPM2 a", sample_dpm_2_ancestral, no_eta, sample_dpm_2, {});
}

// With two steps of it to go, 3M SDE has only the history that 2M SDE Heun uses.
TEST(Identities, ThreeMStartsAsTwoMHeun) {
  Sigmas sigmas = karras_sigmas(NoiseSchedule(), 6);
  sigmas.resize(3);
  const Tensor start = at::linspace(-1.9, 1.9, 64, at::kDouble) * sigmas[0];
  const SampleOptions options{.noise = [&](double sigma, double) { return at::full_like(start, std::sin(sigma)); }};
  EXPECT_LE(largest_difference(sample_dpmpp_3m_sde(Mixture::denoised, start, sigmas, options),
                               sample_dpmpp_2m_sde_heun(Mixture::denoised, start, sigmas, options)),
            1e-12);
}

// DPM2 takes DPM-Solver-2's step with its stage in the middle, and Euler its step of first order.
TEST(Identities, DpmSolversSteps) {
  const double sigma = 3, next = 1.2;
  const Tensor start = at::linspace(-5, 5, 64, at::kDouble);
  const Denoiser denoise = Mixture::denoised;
  const SampleOptions options{.noise = [&](double, double) { return at::zeros_like(start); }};
  const float from = solver_time(sigma), to = solver_time(next);
  DpmSolverStep step(denoise, start, from);
  EXPECT_LE(largest_difference(step.first_order(to), sample_euler(denoise, start, {sigma, next}, options)), 2e-6);
  EXPECT_LE(largest_difference(step.second_order(to, 0.5f), sample_dpm_2(denoise, start, {sigma, next}, options)),
            2e-6);
  DpmSolverStep third(denoise, start, from);
  EXPECT_LE(largest_difference(third.third_order(to), sample_dpm_solver_3(denoise, start, {sigma, next}, {})), 2e-6);
}

}  // namespace
}  // namespace darkroom::diffusion
