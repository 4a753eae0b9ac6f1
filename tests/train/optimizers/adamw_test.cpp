// Against torch.optim.AdamW: tests/golden/make_optimizer_baseline.py.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "train/optimizers.h"

namespace darkroom::train {
namespace {

Tensor start() {
  return (at::arange(12, at::kFloat) / 6 - 1).view({3, 4}).requires_grad_();
}

void set_gradient(Tensor& p, int step) {
  p.mutable_grad() = at::cos(p.detach() * (step + 1)) + p.detach();
}

TEST(AdamW, TenStepsAsTheReference) {
  std::ifstream file(DARKROOM_TESTS_DIR "/golden/optimizer_baseline.json");
  for (const auto& row : nlohmann::json::parse(file).at("adamw")) {
    RunConfig config;
    config.beta1 = row.at("beta1"), config.beta2 = row.at("beta2");
    config.eps = row.at("eps"), config.weight_decay = row.at("weight_decay");
    Tensor p = start();
    const auto optimizer = make_optimizer(config, {{"p", p}});
    for (int step = 0; step < 10; ++step) {
      set_gradient(p, step);
      optimizer->step(row.at("lr"));
      const auto expected = row.at("steps")[step].get<std::vector<float>>();
      EXPECT_TRUE(at::allclose(p.detach().flatten(), at::tensor(expected), 1e-5, 1e-6)) << "step " << step << "\n" << p;
    }
  }
}

TEST(AdamW, AParameterWithoutGradientStays) {
  Tensor p = start();
  make_optimizer({}, {{"p", p}})->step(0.1);
  EXPECT_TRUE(at::equal(p, start()));
}

TEST(AdamW, ChannelsLastParametersTakeOrdinaryGradients) {
  const Tensor values = at::randn({4, 3, 3, 3}), gradient = at::randn({4, 3, 3, 3});
  Tensor rows = values.clone().requires_grad_();
  Tensor channels_last = values.clone().contiguous(at::MemoryFormat::ChannelsLast).requires_grad_();
  for (Tensor* p : {&rows, &channels_last}) {
    p->mutable_grad() = gradient;
    make_optimizer({}, {{"p", *p}})->step(0.1);
  }
  EXPECT_TRUE(at::equal(rows, channels_last));
}

TEST(AdamW, ContinuesFromItsStateBitForBit) {
  Tensor whole = start(), first = start(), second;
  const auto optimizer = make_optimizer({}, {{"p", whole}}), before = make_optimizer({}, {{"p", first}});
  for (int step = 0; step < 6; ++step) set_gradient(whole, step), optimizer->step(0.1);
  for (int step = 0; step < 3; ++step) set_gradient(first, step), before->step(0.1);
  second = first.detach().clone().requires_grad_();
  const auto after = make_optimizer({}, {{"p", second}});
  const NamedTensors from = before->state(), to = after->state();
  ASSERT_EQ(from.size(), to.size());
  for (size_t i = 0; i < from.size(); ++i) to[i].second.copy_(from[i].second);
  for (int step = 3; step < 6; ++step) set_gradient(second, step), after->step(0.1);
  EXPECT_TRUE(at::equal(whole, second));
}

TEST(AdamW, StepsAreCountedWhereThereIsAGradient) {
  // The second parameter's first gradient comes late, as with module_dropout: its step is as large as any first one.
  Tensor early = start(), late = start(), alone = start();
  const auto both = make_optimizer({}, {{"early", early}, {"late", late}}), one = make_optimizer({}, {{"p", alone}});
  for (int step = 0; step < 5; ++step) {
    set_gradient(early, step);
    if (step == 4) set_gradient(late, 0);
    both->step(0.1);
  }
  set_gradient(alone, 0);
  one->step(0.1);
  EXPECT_TRUE(at::equal(late, alone));
}

}  // namespace
}  // namespace darkroom::train
