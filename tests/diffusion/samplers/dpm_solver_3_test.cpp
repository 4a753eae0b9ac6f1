#include <gtest/gtest.h>

#include "diffusion/worlds.h"

namespace darkroom::diffusion {
namespace {

TEST(DpmSolver3, ErrorsAgainstTheExactFlowAreOfThirdOrder) {
  for (const auto& [n, error] :
       {std::pair(10, 1.92e-3), {20, 1.01e-4}, {40, 1.02e-5}, {80, 1.17e-6}, {160, 1.39e-7}, {320, 1.71e-8}})
    EXPECT_NEAR(flow_error(sample_dpm_solver_3, n) / error, 1, 0.01) << n;
}

}  // namespace
}  // namespace darkroom::diffusion
