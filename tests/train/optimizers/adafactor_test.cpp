#include "train/optimizers/baselines.h"

namespace darkroom::train {
namespace {

TEST(Adafactor, TenStepsAsTheReference) {
  expect_baselines("Adafactor", 1e-6);
}

TEST(Adafactor, ContinuesFromItsStateBitForBit) {
  expect_exact_resume(told("Adafactor", {}), 0.1);
}

TEST(Adafactor, AParameterWithoutGradientStays) {
  expect_no_gradient_no_move("Adafactor");
}

}  // namespace
}  // namespace darkroom::train
