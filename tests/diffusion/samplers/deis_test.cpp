#include <gtest/gtest.h>

#include "diffusion/samplers/diffusers_runs.h"

namespace darkroom::diffusion {
namespace {

// Theirs keeps its levels in float32; values are up to 50.
TEST(Deis, WalksLikeDiffusers) {
  expect_diffusers_runs("DEIS", sample_deis, {}, 5e-5);
}

TEST(Deis, ErrorsAgainstTheExactFlow) {
  for (const auto& [n, error] :
       {std::pair(10, 1.19e-2), {20, 2.01e-3}, {40, 2.56e-4}, {80, 2.98e-5}, {160, 3.79e-6}, {320, 5.91e-7}})
    EXPECT_NEAR(flow_error(sample_deis, n) / error, 1, 0.01) << n;
}

// samplers.md 2.0: of order 1 the family is Euler.
TEST(Deis, OfFirstOrderIsEuler) {
  EXPECT_NEAR(flow_error(sample_deis, 20, {.order = 1}), flow_error(sample_euler, 20), 1e-12);
  EXPECT_NEAR(flow_error(sample_lms, 20, {.order = 1}), flow_error(sample_euler, 20), 1e-12);
}

}  // namespace
}  // namespace darkroom::diffusion
