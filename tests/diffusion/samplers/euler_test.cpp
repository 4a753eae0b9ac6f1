#include <gtest/gtest.h>

#include <cmath>

#include "diffusion/worlds.h"

namespace darkroom::diffusion {
namespace {

Tensor no_effect(double, double) {
  return at::zeros({1}, at::kDouble);
}

TEST(Euler, EndsWhereTheReferenceEnds) {
  expect_golden_run("Euler", "Euler");
}

TEST(Euler, WithChurnEndsWhereTheReferenceEnds) {
  expect_golden_run("Euler churn", "Euler", {.s_noise = 1.003, .s_churn = 2});
}

TEST(EulerAncestral, EndsWhereTheReferenceEnds) {
  expect_golden_run("Euler a", "Euler a");
}

TEST(Euler, OneStepGainOnGaussianData) {
  const double gain = (1 + 5.0 * 2) / (1 + 5.0 * 5);
  const Tensor x = at::full({1}, 3.0, at::kDouble);
  EXPECT_NEAR(sample_euler(gaussian_denoised, x, {5, 2}, {.noise = no_effect}).item<double>(), 3 * gain, 1e-14);
}

TEST(EulerAncestral, OneStepGainIsThePosteriorMeans) {
  const double gain = (1 + 2.0 * 2) / (1 + 5.0 * 5);
  const Tensor x = at::full({1}, 3.0, at::kDouble);
  EXPECT_NEAR(sample_euler_ancestral(gaussian_denoised, x, {5, 2}, {.noise = no_effect}).item<double>(), 3 * gain,
              1e-14);
}

TEST(Euler, ErrorsAgainstTheExactFlow) {
  EXPECT_NEAR(flow_error(sample_euler, 10) / 2.19e-1, 1, 0.01);
  EXPECT_NEAR(flow_error(sample_euler, 20) / 1.39e-1, 1, 0.01);
  EXPECT_NEAR(flow_error(sample_euler, 40) / 8.20e-2, 1, 0.01);
  EXPECT_NEAR(flow_error(sample_euler, 160) / 1.02e-2, 1, 0.01);
  EXPECT_NEAR(flow_error(sample_euler, 320) / 4.78e-3, 1, 0.01);
}

TEST(EulerAncestral, WithoutFreshNoiseItIsEuler) {
  const double euler = flow_error(sample_euler, 20), ancestral = flow_error(sample_euler_ancestral, 20, {.eta = 0});
  EXPECT_NEAR(ancestral, euler, 1e-12);
}

TEST(Euler, VarianceOfTheResult) {
  for (const auto& [n, variance] : {std::pair(5, 0.465), {10, 0.710}, {20, 0.848}, {50, 0.935}, {100, 0.965}})
    EXPECT_NEAR(final_variance(sample_euler, n), variance, 6e-4) << n;
}

TEST(EulerAncestral, VarianceOfTheResult) {
  for (const auto& [n, variance] : {std::pair(5, 0.313), {10, 0.538}, {20, 0.727}, {50, 0.878}, {100, 0.936}})
    EXPECT_NEAR(final_variance(sample_euler_ancestral, n), variance, 6e-4) << n;
}

TEST(Euler, DrawsOncePerStepEvenWithoutChurn) {
  std::vector<std::pair<double, double>> draws;
  SampleOptions options;
  options.noise = [&](double sigma, double next) {
    draws.emplace_back(sigma, next);
    return at::zeros({1}, at::kDouble);
  };
  sample_euler(gaussian_denoised, at::ones({1}, at::kDouble), {3, 2, 1, 0}, options);
  EXPECT_EQ(draws, (std::vector<std::pair<double, double>>{{3, 2}, {2, 1}, {1, 0}}));
  draws.clear();
  sample_euler_ancestral(gaussian_denoised, at::ones({1}, at::kDouble), {3, 2, 1, 0}, options);
  EXPECT_EQ(draws, (std::vector<std::pair<double, double>>{{3, 2}, {2, 1}}));
}

TEST(Euler, ChurnRaisesTheLevelInsideItsRangeOnly) {
  SampleOptions options{.noise = no_effect, .s_churn = 0.3, .s_tmin = 1.5, .s_tmax = 2.5};
  std::vector<double> levels;
  options.on_step = [&](const StepEvent& event) { levels.push_back(event.sigma); };
  sample_euler(gaussian_denoised, at::ones({1}, at::kDouble), {3, 2, 1, 0}, options);
  ASSERT_EQ(levels.size(), 3);
  EXPECT_EQ(levels[0], 3);
  EXPECT_DOUBLE_EQ(levels[1], 2 * (1 + 0.3 / 3));
  EXPECT_EQ(levels[2], 1);
  levels.clear();
  options.s_churn = 100;
  sample_euler(gaussian_denoised, at::ones({1}, at::kDouble), {3, 2, 1, 0}, options);
  EXPECT_DOUBLE_EQ(levels[1], 2 * std::sqrt(2.0));
}

}  // namespace
}  // namespace darkroom::diffusion
