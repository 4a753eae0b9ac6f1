#include "layers/stored_weight.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "layers/conv2d.h"
#include "layers/fast_paths.h"
#include "layers/linear.h"
#include "layers/tensor_memory.h"

namespace darkroom::layers {
namespace {

/// Every number of two bytes that is one.
Tensor all_numbers(at::ScalarType type) {
  const Tensor all = at::arange(0, 65536, at::kInt).to(at::kShort).view(type);
  const Tensor wide = all.to(at::kFloat);
  return all.index({wide.eq(wide)}).contiguous();
}

TEST(StoredWeight, EveryNumberIsTheNumberItWas) {
  for (const at::ScalarType type : {at::kHalf, at::kBFloat16}) {
    const Tensor all = all_numbers(type), expected = all.to(at::kFloat);
    ASSERT_GT(all.numel(), 63000);
    const Tensor wide = in_type(all, at::kFloat);
    EXPECT_TRUE(wide.equal(expected)) << type;
    EXPECT_TRUE(at::signbit(wide).equal(at::signbit(expected))) << "zeros too";
    for (int64_t count = 0; count < 40; ++count) {  // what does not fill a vector
      std::vector<float> some(size_t(count) + 1, -7);
      widen(all, 1000 + count * 777, count, some.data());
      for (int64_t i = 0; i < count; ++i)
        EXPECT_EQ(some[size_t(i)], expected[1000 + count * 777 + i].item<float>()) << type << " " << i;
      EXPECT_EQ(some.back(), -7) << "wrote beyond";
    }
    for (int64_t first = 0; first < all.numel(); first += 997) {  // one by one, by another way
      float one = 0;
      widen(all, first, 1, &one);
      EXPECT_EQ(one, expected[first].item<float>()) << type << " " << first;
    }
  }
}

TEST(StoredWeight, WhatHasTheTypeIsNotCopied) {
  const Tensor wide = at::randn({3, 4}), half = wide.to(at::kHalf);
  EXPECT_TRUE(in_type(wide, at::kFloat).is_same(wide));
  EXPECT_TRUE(in_type(half, at::kHalf).is_same(half));
  EXPECT_FALSE(in_type(Tensor(), at::kFloat).defined());
  EXPECT_TRUE(in_type(half.t(), at::kFloat).equal(half.t().to(at::kFloat))) << "in another order";
  EXPECT_TRUE(in_type(half, at::kBFloat16).equal(half.to(at::kBFloat16)));
  EXPECT_FALSE(is_readable(at::ones({2}, at::kDouble)));
}

TEST(StoredWeight, GradientsPass) {
  const Tensor half = at::randn({3, 4}).to(at::kHalf).requires_grad_(true);
  EXPECT_TRUE(in_type(half, at::kFloat).requires_grad());
}

/// The same layer with weights stored in less and with the numbers those are.
template <typename Layer>
void expect_same_bits(Layer& stored, Layer& wide, const Tensor& x, at::ScalarType type) {
  stored.weight = at::randn(stored.weight.sizes()).to(type);
  stored.bias = wide.bias = at::randn(stored.bias.sizes());
  wide.weight = stored.weight.to(at::kFloat);
  EXPECT_TRUE(stored.forward(x).equal(wide.forward(x))) << type;
}

TEST(StoredWeight, LayersAnswerTheBitsOfConvertedWeights) {
  const NoGrad guard;
  at::manual_seed(4);
  const Tensor picture = at::randn({2, 64, 16, 16}).contiguous(at::MemoryFormat::ChannelsLast);
  for (const at::ScalarType type : {at::kHalf, at::kBFloat16}) {
    Linear linear(96, 200), linear_wide(96, 200);
    expect_same_bits(linear, linear_wide, at::randn({2, 77, 96}), type);
    for (const bool fast : {true, false}) {
      set_fast_paths(fast);
      for (const auto& [kernel, stride] : {std::pair(3, 1), std::pair(3, 2), std::pair(1, 1)}) {
        Conv2d conv(64, 96, kernel, stride, kernel / 2), conv_wide(64, 96, kernel, stride, kernel / 2);
        expect_same_bits(conv, conv_wide, picture, type);
      }
    }
    set_fast_paths(true);
  }
}

TEST(StoredWeight, WideningUsesItsMemoryAgain) {
  const NoGrad guard;
  use_tensor_memory();
  Linear linear(512, 512);
  linear.weight = at::randn({512, 512}).to(at::kHalf);
  linear.bias = at::zeros({512});
  const Tensor x = at::randn({8, 512});
  linear.forward(x);
  const TensorMemory before = tensor_memory();
  for (int i = 0; i < 20; ++i) linear.forward(x);
  EXPECT_EQ(tensor_memory().requests_to_system, before.requests_to_system);
  EXPECT_EQ(tensor_memory().in_use, before.in_use) << "a widened copy stays nowhere";
}

TEST(StoredWeight, IsAddedAsIfItHadBeenWidened) {
  NoGrad guard;
  at::manual_seed(4);
  for (const int64_t rows : {1, 3, 700}) {
    const Tensor change = at::randn({rows, 321});
    for (const at::ScalarType type : {at::kFloat, at::kHalf, at::kBFloat16, at::kDouble}) {
      const Tensor stored = at::randn({rows, 321}).to(type);
      EXPECT_TRUE(plus_stored(change.clone(), stored).equal(change + stored.to(at::kFloat))) << rows << " " << type;
      const Tensor across = at::randn({321, rows}).to(type).t();
      EXPECT_TRUE(plus_stored(change.clone(), across).equal(change + across.to(at::kFloat))) << rows << " " << type;
    }
  }
}

}  // namespace
}  // namespace darkroom::layers
