#include "train/optimizers/baselines.h"

namespace darkroom::train {
namespace {

TEST(DAdaptAdam, TenStepsAsTheReference) {
  expect_baselines("DAdaptAdam", 1e-12);
}

TEST(DAdaptAdam, ContinuesFromItsStateBitForBit) {
  expect_exact_resume(told("DAdaptAdam", {}), 0.1);
}

TEST(DAdaptAdam, AParameterWithoutGradientStays) {
  expect_no_gradient_no_move("DAdaptAdam");
}

}  // namespace
}  // namespace darkroom::train
