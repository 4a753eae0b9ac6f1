#include <gtest/gtest.h>

#include <cmath>

#include "diffusion/worlds.h"

namespace darkroom::diffusion {
namespace {

TEST(Ddim, EndsWhereTheReferenceEnds) {
  expect_golden_run("DDIM", "DDIM", {.eta = 0});
  expect_golden_run("DDIM eta 1", "DDIM", {.eta = 1});
}

TEST(Plms, EndsWhereTheReferenceEnds) {
  expect_golden_run("PLMS", "PLMS");
}

TEST(Ddim, LevelsAreTheReferencesGrid) {
  const NoiseSchedule schedule;
  for (const auto& [steps, grid] : golden("sigmas.json").at("ddim_grid").items()) {
    const Sigmas sigmas = timestep_levels(schedule, std::stoi(steps));
    ASSERT_EQ(sigmas.size(), grid.size()) << steps;
    for (size_t i = 0; i < sigmas.size(); ++i)
      EXPECT_EQ(sigmas[i], schedule.sigmas()[grid[grid.size() - 1 - i].get<int>()]) << steps;
  }
}

// On one set of levels DDIM is Euler, and with fresh noise Euler a, but for the scaling of what it hands back.
TEST(Ddim, IsEulerOnTheSameLevels) {
  const Sigmas sigmas = karras_sigmas(NoiseSchedule(), 12);
  const Tensor start = at::linspace(-2, 2, 16, at::kDouble) * sigmas[0];
  for (const double eta : {0.0, 0.5, 1.0}) {
    SampleOptions options{.noise = [&](double sigma, double) { return at::full_like(start, std::sin(sigma)); },
                          .eta = eta};
    const Tensor ddim = sample_ddim(Mixture::denoised, start, sigmas, options);
    EXPECT_LE(largest_difference(ddim, sample_euler_ancestral(Mixture::denoised, start, sigmas, options)), 1e-12)
        << eta;
  }
}

TEST(Plms, ErrorsAgainstTheExactFlowAreOfSecondOrder) {
  // What it hands back is in the network's scaling.
  const auto unscaled = [](const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options) {
    return sample_plms(denoise, x, sigmas, options) * std::sqrt(1 + sigmas.back() * sigmas.back());
  };
  for (const auto& [n, error] : {std::pair(10, 1.33e-2), {20, 2.87e-3}, {40, 8.15e-4}, {160, 5.02e-5}, {320, 1.25e-5}})
    EXPECT_NEAR(flow_error(unscaled, n) / error, 1, 0.01) << n;
}

// Without guidance CFG++ is DDIM; with it the noise points away from the unconditional answer.
TEST(DdimCfgpp, PointsTheNoiseAwayFromTheUnconditionalAnswer) {
  const Sigmas sigmas = karras_sigmas(NoiseSchedule(), 8);
  const Tensor start = at::linspace(-2, 2, 16, at::kDouble) * sigmas[0];
  SampleOptions options{.noise = [&](double, double) { return at::zeros_like(start); }, .eta = 0};
  EXPECT_TRUE(sample_ddim_cfgpp(Mixture::denoised, start, sigmas, options)
                  .equal(sample_ddim(Mixture::denoised, start, sigmas, options)));
  const Denoiser point = [](const Tensor& x, double) { return at::full_like(x, 0.5); };
  options.unconditional = [&] { return at::full_like(start, -0.25); };
  Tensor x = start;
  for (size_t i = 0; i + 1 < sigmas.size(); ++i) x = 0.5 + (x + 0.25) * (sigmas[i + 1] / sigmas[i]);
  EXPECT_LE(largest_difference(sample_ddim_cfgpp(point, start, sigmas, options), x), 1e-13);
}

TEST(Plms, EndsWithTheDenoisedLatentWhereItsLevelsEndAtZero) {
  for (const int n : {1, 2, 5}) {
    const Sigmas sigmas = karras_sigmas(NoiseSchedule(), n);
    const Denoiser point = [](const Tensor& x, double) { return at::full_like(x, 0.5); };
    const Tensor start = at::linspace(-2, 2, 16, at::kDouble) * sigmas[0];
    EXPECT_TRUE(sample_plms(point, start, sigmas, {}).equal(at::full_like(start, 0.5)));
  }
}

}  // namespace
}  // namespace darkroom::diffusion
