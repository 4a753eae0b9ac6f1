#include "train/optimizers/baselines.h"

namespace darkroom::train {
namespace {

TEST(SGDNesterov, TenStepsAsTheReference) {
  expect_baselines("SGDNesterov", 1e-6);
}

TEST(SGDNesterov, ContinuesFromItsStateBitForBit) {
  expect_exact_resume(told("SGDNesterov", {}), 0.1);
}

TEST(SGDNesterov, AParameterWithoutGradientStays) {
  expect_no_gradient_no_move("SGDNesterov");
}

}  // namespace
}  // namespace darkroom::train
