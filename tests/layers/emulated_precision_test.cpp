#include "layers/emulated_precision.h"

#include <gtest/gtest.h>

#include <cmath>

#include "layers/conv2d.h"
#include "layers/linear.h"

namespace darkroom::layers {
namespace {

Tensor in_half(const Tensor& x) {
  return x.to(at::kHalf).to(at::kFloat);
}

TEST(EmulatedPrecision, RoundsWhatAnOperationTakesAndWhatItAnswers) {
  const Tensor x = at::randn({3, 8}), w = at::randn({5, 8});
  const Tensor exact = at::linear(in_half(x), in_half(w));
  const EmulatedPrecision fp16({.format = NumberFormat::fp16});
  EXPECT_TRUE(at::linear(x, w).equal(at::linear(x, w))) << "outside of networks nothing changes";
  const NetworkScope in("a network");
  const Tensor found = at::linear(x, w);
  EXPECT_TRUE(found.equal(in_half(exact)));
}

// Products whose sum fits although a partial sum in fp16 would not: accelerators keep sums in fp32.
TEST(EmulatedPrecision, SumsAreFp32Inside) {
  const Tensor x = at::full({1, 4}, 300.0), w = at::tensor({300.0f, 300.0f, -300.0f, -299.0f}).view({1, 4});
  const EmulatedPrecision fp16({.format = NumberFormat::fp16});
  const NetworkScope in("a network");
  EXPECT_EQ(at::linear(x, w).item<float>(), 300);
}

TEST(EmulatedPrecision, IsInfiniteBeyondTheFormatsRange) {
  const Tensor x = at::full({1}, 300.0);
  for (const auto& [format, overflows] : {std::pair(NumberFormat::fp16, true), {NumberFormat::bf16, false}}) {
    const EmulatedPrecision emulated({.format = format});
    const NetworkScope in("a network");
    EXPECT_EQ(std::isinf((x * 300).item<float>()), overflows);
  }
}

TEST(EmulatedPrecision, LeavesViewsWeightsAndInPlaceResultsToTheirTensors) {
  Tensor weight = at::full({2, 2}, 1.0001);
  const EmulatedPrecision bf16({.format = NumberFormat::bf16});
  const NetworkScope in("a network");
  const Tensor view = weight.view({4}).narrow(0, 1, 2);
  EXPECT_TRUE(view.is_alias_of(weight));
  (void)(weight * 2);
  EXPECT_EQ(weight.data_ptr<float>()[0], 1.0001f);
}

TEST(EmulatedPrecision, ShowsEachOperationWithItsPart) {
  Conv2d conv(2, 3, 3, 1, 1);
  for (auto& [name, tensor] : conv.named_parameters()) tensor->normal_();
  const Tensor x = at::randn({1, 2, 5, 5});
  std::vector<WatchedOperation> seen;
  {
    const EmulatedPrecision watched(
        {.format = NumberFormat::fp16, .watch = [&](const auto& one) { seen.push_back(one); }});
    const NetworkScope outer("outer");
    {
      const NetworkScope in("inner");
      at::silu(conv.forward(x));
    }
    at::silu(x);
  }
  at::silu(x);
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0].name, "aten::conv2d");
  EXPECT_EQ(seen[0].part, "inner");
  EXPECT_EQ(seen[1].name, "aten::silu");
  EXPECT_EQ(seen[2].part, "outer");
  EXPECT_EQ(seen[0].call, 2);
  EXPECT_EQ(seen[1].call, 2);
  ASSERT_EQ(seen[0].inputs.size(), 3u);
  EXPECT_EQ(seen[0].inputs[1].data_ptr(), conv.weight.data_ptr());
  EXPECT_TRUE(seen[0].rounded.equal(in_half(seen[0].exact)));
  EXPECT_TRUE(seen[1].inputs[0].equal(seen[0].rounded));
}

TEST(EmulatedPrecision, OfSomePartsAlone) {
  const Tensor x = at::full({1}, 300.0);
  const EmulatedPrecision fp16({.format = NumberFormat::fp16, .parts = {"b"}});
  const NetworkScope a("a");
  EXPECT_FALSE(std::isinf((x * 300).item<float>()));
  const NetworkScope b("b");
  EXPECT_TRUE(std::isinf((x * 300).item<float>()));
}

TEST(EmulatedPrecision, InFp32NothingIsRounded) {
  const Tensor x = at::randn({4, 4});
  const Tensor expected = at::softmax(x.matmul(x), -1);
  int seen = 0;
  const EmulatedPrecision watched({.format = NumberFormat::fp32, .watch = [&](const auto&) { ++seen; }});
  const NetworkScope in("a network");
  EXPECT_TRUE(at::softmax(x.matmul(x), -1).equal(expected));
  EXPECT_EQ(seen, 2);
}

TEST(EmulatedPrecision, GradientsAreRoundedOnTheirWayBack) {
  Tensor x = at::randn({3, 8}).requires_grad_(), w = at::randn({5, 8}).requires_grad_();
  const Tensor gradient = at::randn({3, 5});
  Tensor y;
  {
    const EmulatedPrecision fp16({.format = NumberFormat::fp16});
    const NetworkScope in("a network");
    y = at::linear(x, w);
  }
  y.backward(gradient);
  const Tensor g = in_half(gradient);
  // One step of fp16 is 2^-11 of a value: sums in another order may round to its neighbour.
  EXPECT_TRUE(at::allclose(x.grad(), g.mm(in_half(w.detach())), 0x1p-10, 0x1p-20));
  EXPECT_TRUE(at::allclose(w.grad(), g.t().mm(in_half(x.detach())), 0x1p-10, 0x1p-20));
  EXPECT_TRUE(x.grad().equal(in_half(x.grad())));
  EXPECT_TRUE(w.grad().equal(in_half(w.grad())));
}

TEST(EmulatedPrecision, AGradientBeyondTheFormatOverflows) {
  Tensor x = at::ones({1}).requires_grad_();
  Tensor y;
  {
    const EmulatedPrecision fp16({.format = NumberFormat::fp16});
    const NetworkScope in("a network");
    y = x * 2;
  }
  y.backward(at::full({1}, 4e4f));
  EXPECT_TRUE(std::isinf(x.grad().item<float>()));
}

// Frozen weights of a half-precision file must not be copied for the backward pass.
TEST(EmulatedPrecision, WhatIsRoundAlreadyIsNotCopied) {
  const Tensor w = in_half(at::randn({5, 8}));
  Tensor x = at::randn({3, 8}).requires_grad_();
  const auto before = w.storage().use_count();
  const EmulatedPrecision fp16({.format = NumberFormat::fp16});
  const NetworkScope in("a network");
  const Tensor y = at::linear(x, w);
  EXPECT_GT(w.storage().use_count(), before);
}

}  // namespace
}  // namespace darkroom::layers
