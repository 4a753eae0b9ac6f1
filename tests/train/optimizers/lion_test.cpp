#include "train/optimizers/baselines.h"

namespace darkroom::train {
namespace {

TEST(Lion, TenStepsAsTheReference) {
  expect_baselines("Lion", 1e-6);
}

TEST(Lion, ContinuesFromItsStateBitForBit) {
  expect_exact_resume(told("Lion", {}), 0.1);
}

TEST(Lion, AParameterWithoutGradientStays) {
  expect_no_gradient_no_move("Lion");
}

}  // namespace
}  // namespace darkroom::train
