#include "layers/work.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "layers/attention.h"
#include "layers/conv2d.h"
#include "layers/emulated_precision.h"
#include "layers/linear.h"
#include "layers/norm.h"
#include "layers/stored_weight.h"

namespace darkroom::layers {
namespace {

std::vector<Work> told_by(const std::function<void()>& run) {
  NoGrad guard;
  std::vector<Work> told;
  const WatchedWork watch({[&](const Work& work, const Compute& compute) {
    told.push_back(work);
    return compute();
  }});
  run();
  return told;
}

/// With some weights in it.
template <typename Layer>
Layer& filled(Layer& layer) {
  NoGrad guard;
  for (auto& [name, parameter] : layer.named_parameters()) parameter->fill_(0.01);
  return layer;
}

TEST(Work, OfLayersIsThatOfTheirSums) {
  Conv2d conv(3, 5, 3, /*stride=*/2, /*padding=*/1);
  Linear linear(4, 6);
  filled(conv), filled(linear);
  const auto told = told_by([&] {
    conv.forward(at::ones({2, 3, 9, 8}));
    linear.forward(at::ones({2, 7, 4}));
    attention(at::ones({2, 6, 8}), at::ones({2, 3, 8}), at::ones({2, 3, 8}), 2);
    attention(at::ones({1, 6, 8}), at::ones({1, 6, 8}), at::ones({1, 6, 8}), 2);
  });
  ASSERT_EQ(told.size(), 4u);
  EXPECT_EQ(told[0].name, "conv 3x3, stride 2");
  EXPECT_EQ(told[0].answer, (std::vector<int64_t>{2, 5, 5, 4}));
  EXPECT_EQ(told[0].macs, 2 * 5 * 5 * 4 * 3 * 9);
  EXPECT_EQ(told[0].values, 2 * 3 * 9 * 8 + 2 * 5 * 5 * 4 + 5 * 3 * 9);
  EXPECT_EQ(told[1].macs, 2 * 7 * 4 * 6);
  EXPECT_EQ(told[2].name, "cross-attention, depth 4, 6 x 3");
  EXPECT_EQ(told[2].macs, 2 * (2 * 2 * 6 * 3 * 4));  // batch, heads, queries, keys, depth, twice
  EXPECT_EQ(told[3].name, "self-attention, depth 4, 6 x 6");
}

TEST(Work, SaysTheShapesThatComeOut) {
  Conv2d conv(8, 16, 3, 1, 1), pointwise(8, 4, 1);
  GroupNorm norm(2, 8, 1e-5);
  LayerNorm layer_norm(8);
  filled(conv), filled(pointwise), filled(norm), filled(layer_norm);
  const Tensor x = at::randn({2, 8, 6, 5});
  NoGrad guard;
  int seen = 0;
  const WatchedWork watch({[&](const Work& work, const Compute& compute) {
    const Tensor answer = compute();
    EXPECT_EQ(answer.sizes(), at::IntArrayRef(work.answer)) << work.name;
    ++seen;
    return answer;
  }});
  conv.forward(x), pointwise.forward(x), norm.forward(x), norm.silu(x), layer_norm.forward(at::randn({2, 3, 8}));
  EXPECT_EQ(seen, 5);
}

TEST(Work, IsToldOnce) {
  GroupNorm norm(2, 8, 1e-5);
  filled(norm);
  // Its SiLU goes through its own forward().
  EXPECT_EQ(told_by([&] { norm.silu(at::ones({1, 8, 3, 3})); }).size(), 1u);
}

TEST(Work, TheWatchAnswers) {
  Linear linear(4, 6);
  const WatchedWork watch(
      {[](const Work& work, const Compute&) { return at::full(work.answer, 7.0); }});  // and computes nothing
  EXPECT_TRUE(linear.forward(at::ones({2, 4})).eq(7).all().item<bool>());
}

// Weights in another type are widened outside of any network; that is none of its own.
TEST(Work, WhatIsDoneToWeightsIsNoNetwork) {
  std::vector<std::string> networks;
  const WatchedWork watch({[](const Work&, const Compute& compute) { return compute(); },
                           [&](const char* network) { networks.push_back(network); }});
  const NetworkScope scope("UNet");
  EXPECT_EQ(in_type(at::ones({2, 2}).to(at::kHalf), at::kFloat).sum().item<float>(), 4);
  EXPECT_EQ(networks, std::vector<std::string>{"UNet"});
}

TEST(Work, NobodyWatchesAfterwards) {
  Linear linear(4, 6);
  filled(linear);
  const auto fails = [&] {
    const WatchedWork watch({[](const Work&, const Compute&) -> Tensor { throw std::runtime_error("stop"); }});
    EXPECT_TRUE(is_watched());
    linear.forward(at::ones({1, 4}));
  };
  EXPECT_THROW(fails(), std::runtime_error);
  EXPECT_FALSE(is_watched());
  EXPECT_EQ(told_by([&] { linear.forward(at::ones({1, 4})); }).size(), 1u) << "watching again works";
}

}  // namespace
}  // namespace darkroom::layers
