#include "layers/checkpointing.h"

#include <gtest/gtest.h>

#include "layers/emulated_precision.h"
#include "layers/linear.h"

namespace darkroom::layers {
namespace {

struct TwoLayers {
  TwoLayers() {
    at::manual_seed(3);
    for (Linear* line : {&first, &second}) {
      line->weight.normal_();
      line->bias.normal_();
      line->require_gradients(true);
    }
  }
  Tensor forward(const Tensor& x, const Tensor& scale) {
    ++calls;
    return second.forward(at::tanh(first.forward(x))) * scale;
  }
  Linear first{3, 4}, second{4, 2};
  int calls = 0;
};

TEST(Checkpointing, GradientsOfInputsAndParametersAreThoseOfThePlainRun) {
  TwoLayers plain, kept;
  for (const bool input_wants : {true, false}) {
    const Tensor x = at::ones({5, 3}), scale = at::full({1}, 2.0f);
    Tensor xs[2] = {x.clone().requires_grad_(input_wants), x.clone().requires_grad_(input_wants)};
    plain.forward(xs[0], scale).square().sum().backward();
    set_checkpointing(true);
    const Tensor y =
        checkpointed([&](const std::vector<Tensor>& in) { return kept.forward(in[0], in[1]); }, {xs[1], scale});
    EXPECT_TRUE(y.requires_grad());
    y.square().sum().backward();
    set_checkpointing(false);
    EXPECT_TRUE(kept.first.weight.grad().equal(plain.first.weight.grad()));
    EXPECT_TRUE(kept.second.bias.grad().equal(plain.second.bias.grad()));
    EXPECT_EQ(xs[1].grad().defined(), input_wants);
    if (input_wants) {
      EXPECT_TRUE(xs[1].grad().equal(xs[0].grad()));
    }
  }
  EXPECT_EQ(kept.calls, 4);  // each once forward and once again
}

TEST(Checkpointing, OneInsideAnotherAndOneAfterAnother) {
  TwoLayers plain, kept;
  const Tensor x = at::ones({5, 3}), one = at::ones({1});
  (plain.forward(x, one) + plain.forward(x * 2, one)).sum().backward();
  set_checkpointing(true);
  const auto part = [&](const std::vector<Tensor>& in) { return kept.forward(in[0], one); };
  const auto outer = [&](const std::vector<Tensor>& in) {
    return checkpointed(part, {in[0]}) + checkpointed(part, {in[0] * 2});
  };
  checkpointed(outer, {x}).sum().backward();
  set_checkpointing(false);
  EXPECT_TRUE(at::allclose(kept.first.weight.grad(), plain.first.weight.grad(), 1e-5, 1e-6));
}

TEST(Checkpointing, APartThatTrainsNothingIsNoMistake) {
  set_checkpointing(true);
  const auto part = [](const std::vector<Tensor>& in) { return in[0] * 2; };
  TwoLayers kept;
  kept.forward(checkpointed(part, {at::ones({5, 3})}), at::ones({1})).sum().backward();
  set_checkpointing(false);
  EXPECT_TRUE(kept.first.weight.grad().defined());
}

TEST(Checkpointing, DoesNothingWithoutGradientsOrWhenOff) {
  TwoLayers kept;
  const auto part = [&](const std::vector<Tensor>& in) { return kept.forward(in[0], in[0].narrow(1, 0, 1)); };
  checkpointed(part, {at::ones({5, 3})}).sum().backward();
  EXPECT_EQ(kept.calls, 1);
  set_checkpointing(true);
  NoGrad guard;
  EXPECT_FALSE(checkpointed(part, {at::ones({5, 3})}).requires_grad());
  set_checkpointing(false);
  EXPECT_EQ(kept.calls, 2);
}

TEST(Checkpointing, WhatIsComputedAnewIsRoundedAsBefore) {
  const Tensor x = at::randn({4, 8}), w = at::randn({8, 8}), gradient = at::randn({4, 8});
  const auto gradient_of = [&](bool on) {
    Tensor input = x.clone().requires_grad_();
    const EmulatedPrecision fp16({.format = NumberFormat::fp16});
    set_checkpointing(on);
    Tensor y;
    {
      const NetworkScope in("a network");
      y = checkpointed([&](const std::vector<Tensor>& values) { return at::silu(at::linear(values[0], w)); }, {input});
    }
    y.backward(gradient);
    set_checkpointing(false);
    return input.grad();
  };
  const Tensor plain = gradient_of(false);
  EXPECT_TRUE(gradient_of(true).equal(plain));
  EXPECT_TRUE(plain.equal(plain.to(at::kHalf).to(at::kFloat)));
}

}  // namespace
}  // namespace darkroom::layers
