#include "train/optimizers/baselines.h"

namespace darkroom::train {
namespace {

/// The parameter of the baseline: 5000 values, so that its moments are kept in 8 bits.
Tensor many() {
  return (at::arange(5000, at::kFloat) / 2500 - 1).requires_grad_();
}

void set_gradient_of_many(Tensor& p, int step) {
  p.mutable_grad() = at::cos(p.detach() * (step + 1)) + p.detach();
}

// A code that lies between two values of the map may fall the other way by one unit in the last place of what is
// rounded; then the moment is off by a share of a percent for one step.
TEST(AdamW8bit, TenStepsAsTheDescription) {
  const auto row = baselines("adamw_8bit");
  Tensor p = many();
  const auto optimizer = make_optimizer(told("AdamW8bit", row.at("args")), {{"p", p}});
  for (int step = 0; step < 10; ++step) {
    set_gradient_of_many(p, step);
    optimizer->step(row.at("lr"));
    const auto expected = at::tensor(row.at("steps")[step].get<std::vector<float>>());
    const Tensor found = p.detach().slice(0, 0, 5000, 500);
    EXPECT_LT((found - expected).abs().max().item<float>(), step == 0 ? 1e-6 : 1e-4) << "step " << step;
  }
}

TEST(AdamW8bit, KeepsAQuarterOfAdamWsState) {
  Tensor p = many();
  const auto bytes = [](const NamedTensors& state) {
    size_t sum = 0;
    for (const auto& [name, tensor] : state) sum += tensor.nbytes();
    return double(sum);
  };
  RunConfig fp32;
  EXPECT_NEAR(bytes(make_optimizer(told("AdamW8bit", {}), {{"p", p}})->state()) /
                  bytes(make_optimizer(fp32, {{"p", p}})->state()),
              0.25, 0.01);
}

// Small parameters keep fp32 moments: but for where the decay acts, that is AdamW.
TEST(AdamW8bit, OfSmallParametersIsAdamW) {
  Problem eight, fp32;
  RunConfig config;
  config.weight_decay = 0;
  const auto a = make_optimizer(told("AdamW8bit", {"weight_decay=0"}), eight.parameters());
  const auto b = make_optimizer(config, fp32.parameters());
  for (int step = 0; step < 10; ++step) {
    eight.set_gradients(step), fp32.set_gradients(step);
    a->step(0.01), b->step(0.01);
  }
  EXPECT_LT((eight.values() - fp32.values()).abs().max().item<double>(), 1e-6);
}

TEST(AdamW8bit, AnInfiniteGradientMovesNothing) {
  Tensor p = many();
  const auto optimizer = make_optimizer(told("AdamW8bit", {"weight_decay=0"}), {{"p", p}});
  set_gradient_of_many(p, 0);
  p.mutable_grad()[7] = std::numeric_limits<float>::infinity();
  optimizer->step(0.1);
  EXPECT_EQ(p[7].item<float>(), many()[7].item<float>());
  EXPECT_TRUE(p.isfinite().all().item<bool>());
}

TEST(AdamW8bit, ContinuesFromItsStateBitForBit) {
  Tensor whole = many(), first = many();
  const RunConfig config = told("AdamW8bit", {});
  const auto straight = make_optimizer(config, {{"p", whole}}), before = make_optimizer(config, {{"p", first}});
  for (int step = 0; step < 4; ++step) set_gradient_of_many(whole, step), straight->step(0.1);
  for (int step = 0; step < 2; ++step) set_gradient_of_many(first, step), before->step(0.1);
  const auto after = make_optimizer(config, {{"p", first}});
  const NamedTensors from = before->state(), to = after->state();
  for (size_t i = 0; i < from.size(); ++i) to[i].second.copy_(from[i].second);
  for (int step = 2; step < 4; ++step) set_gradient_of_many(first, step), after->step(0.1);
  EXPECT_TRUE(at::equal(whole, first));
}

TEST(AdamW8bit, AParameterWithoutGradientStays) {
  expect_no_gradient_no_move("AdamW8bit");
}

}  // namespace
}  // namespace darkroom::train
