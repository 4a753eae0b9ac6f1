#include <gtest/gtest.h>

#include <cmath>

#include "diffusion/worlds.h"

namespace darkroom::diffusion {
namespace {

TEST(Restart, BelowTwentyStepsItIsHeunWhereTheReferenceEnds) {
  expect_golden_run("Restart", "Restart");
}

TEST(Restart, GoesBackUpWithinTheSameNumberOfSteps) {
  const auto walk = [](int n) {
    std::vector<double> levels;
    SampleOptions options{.noise = [](double, double) { return at::zeros({1}, at::kDouble); }};
    options.on_step = [&](const StepEvent& event) {
      EXPECT_EQ(event.index, int(levels.size()));
      levels.push_back(event.sigma);
    };
    const Sigmas sigmas = karras_sigmas(NoiseSchedule(), n);
    sample_restart(gaussian_denoised, at::full({1}, sigmas[0], at::kDouble), sigmas, options);
    return levels;
  };
  const auto climbs = [](const std::vector<double>& levels) {
    int count = 0;
    for (size_t i = 0; i + 1 < levels.size(); ++i) count += levels[i + 1] > levels[i];
    return count;
  };
  for (const auto& [n, expected] : {std::pair(19, 0), {20, 1}, {35, 1}, {36, 2}, {50, 2}}) {
    const std::vector<double> levels = walk(n);
    EXPECT_EQ(int(levels.size()), n);
    EXPECT_EQ(climbs(levels), expected) << n;
  }
}

// Fresh noise of the right deviation keeps the variance of Gaussian data.
TEST(Restart, KeepsTheVariance) {
  EXPECT_NEAR(final_variance(sample_restart, 100), 1, 0.02);
}

}  // namespace
}  // namespace darkroom::diffusion
