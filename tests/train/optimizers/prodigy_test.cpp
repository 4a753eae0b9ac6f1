#include "train/optimizers/baselines.h"

namespace darkroom::train {
namespace {

TEST(Prodigy, TenStepsAsTheReference) {
  expect_baselines("Prodigy", 1e-12);
}

TEST(Prodigy, ContinuesFromItsStateBitForBit) {
  expect_exact_resume(told("Prodigy", {"d0=0.01", "use_bias_correction=True", "safeguard_warmup=True"}), 1);
}

TEST(Prodigy, AParameterWithoutGradientStays) {
  expect_no_gradient_no_move("Prodigy");
}

/// Its step size after each number of steps, from (1, -2, 3) down the quadratic with gradient (x, 4 y, z / 4).
std::vector<double> step_sizes(const std::vector<std::string>& args, const std::vector<int>& at_steps) {
  Tensor x = at::tensor({1.0, -2.0, 3.0}, at::kDouble).requires_grad_();
  const Tensor curvature = at::tensor({1.0, 4.0, 0.25}, at::kDouble);
  const auto prodigy = make_optimizer(told("Prodigy", args), {{"x", x}});
  std::vector<double> found;
  for (int step = 1; step <= at_steps.back(); ++step) {
    x.mutable_grad() = x.detach() * curvature;
    prodigy->step(1);
    if (step == at_steps[found.size()]) found.push_back(prodigy->state()[0].second[0].item<double>());
  }
  return found;
}

// Computed with prodigyopt 1.1.2 in float64 (training.md 2.8).
TEST(Prodigy, FindsItsStepSize) {
  const auto near = [](const std::vector<double>& found, const std::vector<double>& expected) {
    for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(found[i] / expected[i], 1, 1e-7);
  };
  near(step_sizes({}, {2, 10, 50}), {1.5815328e-06, 0.0038737017, 0.91089922});
  const std::vector<std::string> careful = {"weight_decay=0.01", "use_bias_correction=True", "safeguard_warmup=True"};
  near(step_sizes(careful, {10, 50, 100}), {1e-6, 2.0291607e-4, 0.24449343});
  near(step_sizes({"d_coef=2"}, {50}), {1.8880937});
  near(step_sizes({"growth_rate=1.02"}, {50, 300}), {4.0915367e-06, 5.7800207e-04});
}

TEST(Prodigy, AWarmUpsFirstStepDoesNothing) {
  Problem problem;
  const auto prodigy = make_optimizer(told("Prodigy", {"d0=0.1"}), problem.parameters());
  problem.set_gradients(0);
  prodigy->step(0);
  EXPECT_TRUE(at::equal(problem.values(), Problem().values()));
  EXPECT_EQ(prodigy->state()[0].second[3].item<double>(), 0) << "steps done";
}

}  // namespace
}  // namespace darkroom::train
