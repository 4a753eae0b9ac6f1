#include <gtest/gtest.h>

#include <cmath>

#include "diffusion/worlds.h"

namespace darkroom::diffusion {
namespace {

TEST(Dpmpp2m, EndsWhereTheReferenceEnds) {
  expect_golden_run("DPM++ 2M", "DPM++ 2M");
}

TEST(Dpmpp2m, FirstStepIsEulers) {
  const double gain = (1 + 5.0 * 2) / (1 + 5.0 * 5);
  const Tensor x = at::full({1}, 3.0, at::kDouble);
  EXPECT_NEAR(sample_dpmpp_2m(gaussian_denoised, x, {5, 2}, {}).item<double>(), 3 * gain, 1e-14);
}

TEST(Dpmpp2m, ErrorsAgainstTheExactFlowAreOfSecondOrder) {
  EXPECT_NEAR(flow_error(sample_dpmpp_2m, 10) / 5.38e-2, 1, 0.01);
  EXPECT_NEAR(flow_error(sample_dpmpp_2m, 20) / 9.62e-3, 1, 0.01);
  EXPECT_NEAR(flow_error(sample_dpmpp_2m, 40) / 2.03e-3, 1, 0.01);
  const double coarse = flow_error(sample_dpmpp_2m, 160), fine = flow_error(sample_dpmpp_2m, 320);
  EXPECT_NEAR(fine / 2.81e-5, 1, 0.01);
  EXPECT_NEAR(std::log2(coarse / fine), 2.02, 0.02);
}

TEST(Dpmpp2m, VarianceOfTheResult) {
  for (const auto& [n, variance] : {std::pair(5, 1.125), {10, 1.106}, {20, 1.019}, {50, 0.998}, {100, 0.995}})
    EXPECT_NEAR(final_variance(sample_dpmpp_2m, n), variance, 6e-4) << n;
}

}  // namespace
}  // namespace darkroom::diffusion
