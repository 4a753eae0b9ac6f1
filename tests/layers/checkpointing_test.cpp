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

TEST(Checkpointing, WhatKeepsMuchIsComputedAgainWhereItIsOff) {
  TwoLayers layers;
  constexpr int64_t kMuch = int64_t(1) << 30;
  const auto gradients_and_calls = [&](int64_t kept, bool all) {
    layers.calls = 0;
    layers.first.weight.mutable_grad().reset();
    set_checkpointing(all);
    const Tensor x = at::ones({5, 3}).requires_grad_();
    const auto inner = [&](const std::vector<Tensor>& in) { return layers.forward(in[0], at::ones({1})); };
    checkpointed([&](const std::vector<Tensor>& in) { return checkpointed_if_large(inner, {in[0]}, kept); }, {x})
        .square()
        .sum()
        .backward();
    set_checkpointing(false);
    return std::tuple{x.grad().clone(), layers.first.weight.grad().clone(), layers.calls};
  };
  const auto [plain_x, plain_weight, plain_calls] = gradients_and_calls(1, false);
  EXPECT_EQ(plain_calls, 1);
  for (const bool all : {true, false}) {
    const auto [x, weight, calls] = gradients_and_calls(kMuch, all);
    EXPECT_EQ(calls, 2) << "not three times inside of a part that is computed again";
    EXPECT_TRUE(x.equal(plain_x) && weight.equal(plain_weight));
  }
  NoGrad guard;
  layers.calls = 0;
  checkpointed_if_large([&](const std::vector<Tensor>& in) { return layers.forward(in[0], at::ones({1})); },
                        {at::ones({2, 3})}, kMuch);
  EXPECT_EQ(layers.calls, 1);
}

TEST(Checkpointing, InBf16MoreIsKept) {
  EXPECT_GT(recomputed_from(true), recomputed_from(false));
  TwoLayers layers;
  const Tensor x = at::ones({5, 3}).requires_grad_();
  const auto calls_with = [&](int64_t kept) {
    layers.calls = 0;
    checkpointed_if_large([&](const std::vector<Tensor>& in) { return layers.forward(in[0], at::ones({1})); }, {x},
                          kept)
        .sum()
        .backward();
    return layers.calls;
  };
  EXPECT_EQ(calls_with(recomputed_from(false) - 1), 1);
  EXPECT_EQ(calls_with(recomputed_from(false)), 2);
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
