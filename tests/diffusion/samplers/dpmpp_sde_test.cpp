#include <gtest/gtest.h>

#include <cmath>

#include "diffusion/worlds.h"

namespace darkroom::diffusion {
namespace {

TEST(DpmppSde, EndsWhereTheReferenceEnds) {
  expect_golden_run("DPM++ SDE", "DPM++ SDE");
}

TEST(DpmppSde, WithoutFreshNoiseErrorsAreOfSecondOrder) {
  const double coarse = flow_error(sample_dpmpp_sde, 80, {.eta = 0}),
               fine = flow_error(sample_dpmpp_sde, 160, {.eta = 0});
  EXPECT_NEAR(std::log2(coarse / fine), 2, 0.1);
}

}  // namespace
}  // namespace darkroom::diffusion
