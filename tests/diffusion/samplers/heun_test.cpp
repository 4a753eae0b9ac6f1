#include <gtest/gtest.h>

#include <cmath>

#include "diffusion/worlds.h"

namespace darkroom::diffusion {
namespace {

TEST(Heun, EndsWhereTheReferenceEnds) {
  expect_golden_run("Heun", "Heun");
}

TEST(Heun, ErrorsAgainstTheExactFlowAreOfSecondOrder) {
  for (const auto& [n, error] : {std::pair(10, 4.43e-2), {20, 9.13e-3}, {40, 2.13e-3}, {160, 1.27e-4}, {320, 3.14e-5}})
    EXPECT_NEAR(flow_error(sample_heun, n) / error, 1, 0.01) << n;
}

TEST(Heun, VarianceOfTheResult) {
  for (const auto& [n, variance] : {std::pair(5, 1.736), {10, 1.110}, {20, 1.018}, {50, 0.998}, {100, 0.995}})
    EXPECT_NEAR(final_variance(sample_heun, n), variance, 6e-4) << n;
}

}  // namespace
}  // namespace darkroom::diffusion
