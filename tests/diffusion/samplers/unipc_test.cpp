#include <gtest/gtest.h>

#include <cmath>

#include "diffusion/worlds.h"

namespace darkroom::diffusion {
namespace {

TEST(UniPc, EndsWhereTheReferenceEnds) {
  expect_golden_run("UniPC", "UniPC", {}, 2e-4);
}

TEST(UniPc, LevelsAreEqualInTimeAndEndAtTheModels) {
  const NoiseSchedule schedule;
  const Sigmas sigmas = unipc_levels(schedule, 20);
  ASSERT_EQ(sigmas.size(), 21u);
  EXPECT_NEAR(sigmas[0], schedule.sigma_max(), 1e-4);
  EXPECT_NEAR(sigmas[20], schedule.sigma_min(), 1e-6);
  EXPECT_NEAR(schedule.t(sigmas[10]), 499.5, 0.01);
}

// The last step is of first order and alone not corrected, which leaves second order in all.
TEST(UniPc, ErrorsAgainstTheExactFlowAreOfSecondOrder) {
  const auto unscaled = [](const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options) {
    return sample_unipc(denoise, x, sigmas, options) * std::sqrt(1 + sigmas.back() * sigmas.back());
  };
  const double coarse = flow_error(unscaled, 40), fine = flow_error(unscaled, 80);
  EXPECT_NEAR(std::log2(coarse / fine), 1.9, 0.15);
}

}  // namespace
}  // namespace darkroom::diffusion
