#include "train/state.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "formats/support.h"
#include "layers/linear.h"
#include "train/tiny_dataset.h"

namespace darkroom::train {
namespace {

struct Line : layers::Linear {
  Line() : Linear(1, 1, false) { weight.fill_(1); }
};

RunConfig plain() {
  RunConfig config;
  config.weight_decay = 0, config.max_grad_norm = 0, config.ema_decay = 0.9;
  return config;
}

TEST(TrainingState, TheAverageFollowsAndCanBeExchanged) {
  Line line;
  TrainingState state(plain(), {whole_networks({{"line", &line}})});
  line.weight.mutable_grad() = at::ones({1, 1});
  state.update(0.1);
  const double trained = line.weight.item<double>();
  EXPECT_NEAR(trained, 0.9, 1e-6);  // Adam's first step has the size of the rate
  const double decay = 2.0 / 11.0;
  state.exchange_with_average();
  EXPECT_NEAR(line.weight.item<double>(), decay * 1 + (1 - decay) * trained, 1e-6);
  state.exchange_with_average();
  EXPECT_EQ(line.weight.item<double>(), trained);
}

TEST(TrainingState, GradientsAreClippedTogetherAndForgotten) {
  Line a, b;
  RunConfig config = plain();
  config.max_grad_norm = 1;
  TrainingState state(config, {whole_networks({{"a", &a}, {"b", &b}})});
  a.weight.mutable_grad() = at::full({1, 1}, 3.f);
  b.weight.mutable_grad() = at::full({1, 1}, 4.f);
  EXPECT_NEAR(state.update(0.1), 5, 1e-6);
  EXPECT_FALSE(a.weight.grad().defined());
  EXPECT_EQ(state.steps_done(), 1);
}

TEST(TrainingState, GradientsHeldInBf16AreClippedToo) {
  Line a, b;
  RunConfig config = plain();
  config.optimizer = "SGDNesterov", config.optimizer_args = {"momentum=0"}, config.weights_in = "bf16";
  config.max_grad_norm = 1;
  TrainingState state(config, {whole_networks({{"a", &a}, {"b", &b}}, config.weights_in)});
  a.weight.mutable_grad() = at::full({1, 1}, 3.f, at::kBFloat16);
  b.weight.mutable_grad() = at::full({1, 1}, 4.f, at::kBFloat16);
  EXPECT_NEAR(state.update(1), 5, 1e-6);
  EXPECT_NEAR(a.weight.item<float>(), 1 - 0.6, 1.0 / 256);
  EXPECT_NEAR(b.weight.item<float>(), 1 - 0.8, 1.0 / 256);
}

TEST(TrainingState, AGradientThatIsNotFiniteChangesNothing) {
  Line line;
  TrainingState state(plain(), {whole_networks({{"line", &line}})});
  line.weight.mutable_grad() = at::full({1, 1}, NAN);
  EXPECT_THROW(state.update(0.1), Error);
  EXPECT_EQ(line.weight.item<float>(), 1);
}

TEST(TrainingState, WeightsAndGradientsAreRoundedWhereTold) {
  Line line;
  {
    NoGrad guard;
    line.weight.fill_(1.003f);  // between 1 and 1 + 1/128
  }
  RunConfig config = plain();
  config.optimizer = "SGDNesterov", config.optimizer_args = {"momentum=0"}, config.weights_in = "bf16";
  TrainingState state(config, {whole_networks({{"line", &line}})});
  EXPECT_EQ(line.weight.item<float>(), 1);
  EXPECT_EQ(line.weight.scalar_type(), at::kBFloat16);
  line.weight.mutable_grad() = at::full({1, 1}, 1.003f);
  state.round_gradients();
  EXPECT_EQ(line.weight.grad().item<float>(), 1);
  state.update(1.0 / 1024);  // less than half the distance to the next number below 1
  EXPECT_EQ(line.weight.item<float>(), 1);
  line.weight.mutable_grad() = at::full({1, 1}, 1.f);
  state.update(1.0 / 300);
  EXPECT_EQ(line.weight.item<float>(), 1 - 1.0f / 256);
}

TEST(TrainingState, Bf16IsHeldInTwoBytesAndItsAverageIsExact) {
  layers::Linear wide(32, 16);
  {
    NoGrad guard;
    for (auto& [name, tensor] : wide.named_parameters()) tensor->normal_();
  }
  RunConfig config = plain();
  config.weights_in = "bf16";
  const int64_t count = wide.weight.numel(), few = wide.bias.numel();
  TrainingState state(config, {whole_networks({{"line", &wide}}, config.weights_in)});
  EXPECT_EQ(wide.weight.scalar_type(), at::kBFloat16);
  EXPECT_EQ(wide.bias.scalar_type(), at::kFloat) << "vectors are few numbers";
  EXPECT_EQ(state.bytes(), (2 + 8 + 4) * count + (4 + 8 + 4) * few + 2 * 8) << "gradients, moments, average, steps";
  wide.forward(at::ones({3, 32})).square().sum().backward();
  EXPECT_EQ(wide.weight.grad().scalar_type(), at::kBFloat16);
  state.update(0.01);
  const Tensor trained = wide.weight.detach().clone();
  state.exchange_with_average();
  EXPECT_FALSE(wide.weight.detach().to(at::kBFloat16).to(at::kFloat).equal(wide.weight.detach().to(at::kFloat)))
      << "the average is not rounded";
  EXPECT_GT(wide.forward(at::ones({3, 32})).abs().sum().item<double>(), 0);
  state.exchange_with_average();
  EXPECT_TRUE(wide.weight.detach().equal(trained));
  EXPECT_EQ(wide.weight.scalar_type(), at::kBFloat16);
  wide.forward(at::ones({3, 32})).square().sum().backward();
  EXPECT_EQ(wide.weight.grad().scalar_type(), at::kBFloat16);
}

// What is held in bf16 moves as what is rounded to it after each step, whichever optimizer moves it.
TEST(TrainingState, Bf16IsRoundedOnceAStep) {
  for (const char* name : {"AdamW", "AdamW8bit", "Lion", "SGDNesterov", "Adafactor", "DAdaptAdam", "Prodigy"}) {
    RunConfig config = plain();
    config.optimizer = name, config.ema_decay = 0;
    const Tensor start = at::linspace(-2, 2, 96).view({8, 12}).to(at::kBFloat16).to(at::kFloat);
    const Tensor by_hand = start.clone().requires_grad_(), held = start.clone().requires_grad_();
    const auto reference = make_optimizer(config, {{"w", by_hand}});
    config.weights_in = "bf16";
    TrainingState state(config, {{{{"w", held}}, 1}});
    for (int step = 0; step < 5; ++step) {
      const Tensor gradient = at::cos(start * (step + 1)).to(at::kBFloat16);
      by_hand.mutable_grad() = gradient.to(at::kFloat);
      reference->step(0.05);
      {
        NoGrad guard;
        by_hand.copy_(by_hand.to(at::kBFloat16));
      }
      held.mutable_grad() = gradient;
      state.update(0.05);
      EXPECT_TRUE(held.detach().to(at::kFloat).equal(by_hand.detach())) << name << ", step " << step;
    }
  }
}

TEST(TrainingState, LoadsOnlyWhatFits) {
  const TinyDataset data;
  Line line;
  TrainingState state(plain(), {whole_networks({{"line", &line}})});
  state.save(data.folder(), "");
  Line other;
  TrainingState renamed(plain(), {whole_networks({{"curve", &other}})});
  const auto saved = find_saved_state(data.folder());
  EXPECT_NO_THROW(state.load(*saved));
  EXPECT_THROW(renamed.load(*saved), Error);
}

TEST(TrainingState, WhatIsChangedAfterAnUpdateIsWhatIsAveraged) {
  layers::Linear line(2, 1, false);
  line.weight.fill_(1);
  RunConfig config;
  config.ema_decay = 0.5;
  TrainingState state(config, {whole_networks({{"line", &line}})});
  (line.weight * 100).sum().backward();
  state.update(0.1, [&] {
    NoGrad guard;
    line.weight.fill_(7);
  });
  EXPECT_EQ(line.weight[0][0].item<float>(), 7);
  state.exchange_with_average();
  // Of the first step the average has min(0.5, 2 / 11) of what was there before.
  EXPECT_NEAR(line.weight[0][0].item<float>(), 1 * 2 / 11.0 + 7 * 9 / 11.0, 1e-5);
}

TEST(TrainingState, LoadsTheOneCountOfStepsOfEarlierPrograms) {
  const formats::TemporaryFolder folder;
  layers::Linear line(2, 1), other(2, 1);
  TrainingState before({}, {whole_networks({{"line", &line}})}), after({}, {whole_networks({{"line", &other}})});
  line.forward(at::ones({1, 2})).sum().backward();
  before.update(0.1);
  before.save(folder.path(), "");
  SavedState saved = *find_saved_state(folder.path());
  formats::StoredTensor& steps = saved.tensors.tensors.at("optimizer.0.steps");
  ASSERT_EQ(steps.shape, std::vector<int64_t>{2});
  steps.shape = {1}, steps.bytes /= 2;
  EXPECT_NO_THROW(after.load(saved));
  EXPECT_TRUE(at::equal(line.weight, other.weight));
}

}  // namespace
}  // namespace darkroom::train
