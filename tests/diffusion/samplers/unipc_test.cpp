#include <gtest/gtest.h>

#include <cmath>
#include <tuple>

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

/// Of the state before the last step, on levels that end at 0: the step that arrives there is corrected.
double error_before_the_end(Sampler sample, int n, int order) {
  const Sigmas sigmas = karras_sigmas(NoiseSchedule(), n);
  const Tensor start = ((at::arange(16, at::kDouble) + 0.5) / 4 - 2) * sigmas[0];
  Tensor before_last;
  sample(Mixture::denoised, start, sigmas,
         {.on_step = [&](const StepEvent& event) { before_last = event.x; }, .order = order});
  return flow_distance(start, before_last, sigmas[0], sigmas[n - 1]);
}

TEST(UniPc, IsOneOrderAboveItsPredictor) {
  const auto slope = [](Sampler sample, int order) {
    return std::log2(error_before_the_end(sample, 160, order) / error_before_the_end(sample, 320, order));
  };
  EXPECT_NEAR(slope(sample_unipc, 1), 2, 0.15);
  EXPECT_NEAR(slope(sample_unipc, 2), 3, 0.1);
  EXPECT_NEAR(slope(sample_unipc_bh2, 2), 3, 0.1);
  EXPECT_NEAR(slope(sample_unipc, 3), 3.85, 0.25);
  EXPECT_NEAR(slope(sample_unipc_bh2, 3), 3.85, 0.25);
  for (const auto& [n, bh1, bh2] :
       {std::tuple(10, 7.68e-2, 3.15e-2), {40, 7.02e-4, 3.28e-4}, {160, 1.08e-5, 5.12e-6}}) {
    EXPECT_NEAR(error_before_the_end(sample_unipc, n, 2) / bh1, 1, 0.01) << n;
    EXPECT_NEAR(error_before_the_end(sample_unipc_bh2, n, 2) / bh2, 1, 0.01) << n;
  }
}

// samplers.md 2.0: without its corrector the second order of bh2 is DPM++ 2M. With one step to go and a corrector that
// has nothing to correct, here a constant answer, all of them agree.
TEST(UniPc, ConstantAnswersNeedNoCorrection) {
  const Sigmas sigmas = karras_sigmas(NoiseSchedule(), 6);
  const Denoiser point = [](const Tensor& x, double) { return at::full_like(x, 0.5); };
  const Tensor start = at::linspace(-2, 2, 8, at::kDouble) * sigmas[0];
  for (const Sampler sample : {sample_unipc, sample_unipc_bh2})
    EXPECT_LE(largest_difference(sample(point, start, sigmas, {}), at::full_like(start, 0.5)), 1e-14);
}

}  // namespace
}  // namespace darkroom::diffusion
