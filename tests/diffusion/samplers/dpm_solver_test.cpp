#include "diffusion/samplers/dpm_solver.h"

#include <gtest/gtest.h>

#include <cmath>

#include "diffusion/worlds.h"

namespace darkroom::diffusion {
namespace {

/// On Gaussian data the exact step from sigma to next is a factor.
double exact_gain(double sigma, double next) {
  return std::sqrt((1 + next * next) / (1 + sigma * sigma));
}

TEST(DpmSolverStep, OrdersFallAsTheyShould) {
  const auto error = [](int order, float h) {
    const Tensor x = at::full({1}, 2.0, at::kDouble);
    const float s = solver_time(2), t = s + h;
    DpmSolverStep step(gaussian_denoised, x, s);
    const Tensor end = order == 1 ? step.first_order(t) : order == 2 ? step.second_order(t, 0.5f) : step.third_order(t);
    return std::abs(end.item<double>() - 2 * exact_gain(solver_level(s), solver_level(t)));
  };
  for (int order = 1; order <= 3; ++order)
    EXPECT_NEAR(std::log2(error(order, 0.5f) / error(order, 0.25f)), order + 1, 0.4) << order;
}

TEST(DpmSolverStep, StagesAreSharedAndCounted) {
  int calls = 0;
  const Denoiser counted = [&](const Tensor& x, double sigma) { return ++calls, gaussian_denoised(x, sigma); };
  const Tensor x = at::full({1}, 2.0, at::kDouble);
  DpmSolverStep step(counted, x, solver_time(2));
  EXPECT_EQ(calls, 1);
  step.first_order(0);
  EXPECT_EQ(calls, 1);
  step.second_order(0, 1.0f / 3);
  EXPECT_EQ(calls, 2);
  step.third_order(0);
  EXPECT_EQ(calls, 3);
}

TEST(AncestralTimes, AimBelowAndComeBackUp) {
  const float from = solver_time(2), to = solver_time(1), end = solver_time(0.03);
  EXPECT_EQ(ancestral_times(from, to, end, 0).down, to);
  EXPECT_EQ(ancestral_times(from, to, end, 0).up, 0);
  const AncestralTimes half = ancestral_times(from, to, end, 1);
  EXPECT_NEAR(solver_level(half.down), 0.5, 1e-6);
  EXPECT_NEAR(half.up, 0.8660254, 1e-6);
  EXPECT_EQ(ancestral_times(from, to, end, 5).down, end);
}

}  // namespace
}  // namespace darkroom::diffusion
