#include "layers/bf16_product.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <tuple>

#include "layers/bf16_cases.h"
#include "layers/conv2d.h"
#include "layers/fast_paths.h"
#include "layers/linear.h"
#include "layers/packed_weight.h"

namespace darkroom::layers {
namespace {

using Bf16Product = Bf16Test;

Tensor wide(const Tensor& x) {
  return x.to(at::kDouble);
}

TEST_P(Bf16Product, LinearIsTheExactSumRoundedOnce) {
  for (const auto& [rows, in, out] : {std::tuple{1, 2, 1}, {5, 6, 7}, {13, 320, 64}, {97, 64, 130}, {200, 5760, 96}}) {
    const Tensor x = bf16_numbers({rows, in}), weight = bf16_numbers({out, in}), bias = bf16_numbers({out});
    const PackedWeight packed;
    const Tensor exact = at::linear(wide(x), wide(weight), wide(bias)), ours = bf16_linear(x, weight, packed, bias);
    // Half a unit in the last place of bf16, and what fp32 sums lose.
    const Tensor bound = exact.abs() * (1.0 / 256) + 1e-6 * at::linear(wide(x).abs(), wide(weight).abs());
    EXPECT_TRUE(((wide(ours) - exact).abs() <= bound).all().item<bool>()) << rows << " " << in << " " << out;
  }
}

TEST_P(Bf16Product, WholeNumbersAreExact) {
  const Tensor x = at::randint(-3, 4, {9, 34}, at::kBFloat16), weight = at::randint(-2, 3, {70, 34}, at::kBFloat16);
  const PackedWeight packed;
  EXPECT_TRUE(at::equal(wide(bf16_linear(x, weight, packed, {})), at::linear(wide(x), wide(weight))));
}

TEST_P(Bf16Product, WeightsOfEveryTypeAreRoundedOnce) {
  const Tensor x = bf16_numbers({3, 16}), weight = at::randn({32, 16});
  for (const at::ScalarType type : {at::kFloat, at::kHalf, at::kBFloat16}) {
    const Tensor stored = weight.to(type), rounded = stored.to(at::kBFloat16);
    const PackedWeight of_stored, of_rounded;
    EXPECT_TRUE(at::equal(bf16_linear(x, stored, of_stored, {}), bf16_linear(x, rounded, of_rounded, {})));
  }
}

TEST_P(Bf16Product, GegluIsItsDefinition) {
  for (const auto& [rows, in, out] : {std::tuple{4, 6, 10}, {70, 320, 256}, {11, 64, 192}}) {
    const Tensor x = bf16_numbers({2, rows, in}), weight = bf16_numbers({out, in}, 0.2), bias = bf16_numbers({out});
    const PackedWeight packed;
    const Tensor both = at::linear(wide(x), wide(weight), wide(bias));
    const Tensor exact = both.narrow(-1, 0, out / 2) * at::gelu(both.narrow(-1, out / 2, out / 2));
    EXPECT_LT(bf16_error(bf16_geglu(x, weight, packed, bias), exact), 1.0 / 256) << out;
  }
}

TEST_P(Bf16Product, ConvolutionsAreTheExactSumsRoundedOnce) {
  struct Shape {
    int64_t batch, in, out, side, kernel, stride, padding;
  };
  for (const Shape& c : {Shape{1, 4, 8, 5, 3, 1, 1}, Shape{2, 64, 66, 9, 3, 1, 1}, Shape{2, 32, 64, 8, 3, 2, 1},
                         Shape{1, 330, 64, 6, 3, 1, 1}, Shape{1, 6, 4, 7, 1, 1, 0}, Shape{1, 8, 3, 6, 3, 1, 0}}) {
    const Tensor x = bf16_numbers({c.batch, c.in, c.side, c.side + 1}).contiguous(at::MemoryFormat::ChannelsLast);
    const Tensor weight = bf16_numbers({c.out, c.in, c.kernel, c.kernel}), bias = bf16_numbers({c.out});
    const PackedWeight packed;
    const Tensor ours = bf16_conv(x, weight, packed, bias, c.stride, c.padding);
    const Tensor exact = at::conv2d(wide(x), wide(weight), wide(bias), c.stride, c.padding);
    ASSERT_EQ(ours.sizes(), exact.sizes());
    EXPECT_TRUE(ours.is_contiguous(at::MemoryFormat::ChannelsLast));
    EXPECT_LT(bf16_error(ours, exact), 1.0 / 256) << c.in << " to " << c.out;
  }
}

TEST_P(Bf16Product, SameBitsInEveryBatchAndForAllThreads) {
  const Tensor x = bf16_numbers({3, 64, 10, 11}).contiguous(at::MemoryFormat::ChannelsLast);
  const Tensor weight = bf16_numbers({128, 64, 3, 3});
  const PackedWeight packed;
  const Tensor all = bf16_conv(x, weight, packed, {}, 1, 1);
  const int threads = at::get_num_threads();
  for (const int count : {1, 2, 4}) {
    at::set_num_threads(count);
    EXPECT_TRUE(at::equal(bf16_conv(x, weight, packed, {}, 1, 1), all)) << count << " threads";
  }
  at::set_num_threads(threads);
  for (int64_t i = 0; i < 3; ++i)
    EXPECT_TRUE(at::equal(bf16_conv(x.narrow(0, i, 1), weight, packed, {}, 1, 1), all.narrow(0, i, 1))) << i;
}

TEST_P(Bf16Product, WhatIsNoNumberStaysNone) {
  Tensor x = bf16_numbers({2, 8});
  x[0][3] = std::numeric_limits<float>::quiet_NaN();
  x[1][0] = std::numeric_limits<float>::infinity();
  const PackedWeight packed;
  const Tensor y = bf16_linear(x, at::ones({3, 8}, at::kBFloat16), packed, {});
  EXPECT_TRUE(y[0].isnan().all().item<bool>());
  EXPECT_TRUE(y[1].isinf().all().item<bool>());
}

TEST_P(Bf16Product, LayersPackTheirWeightOnce) {
  Linear linear(64, 128);
  Conv2d conv(64, 64, 3, 1, 1);
  for (Module* layer : {static_cast<Module*>(&linear), static_cast<Module*>(&conv)})
    for (auto& [name, parameter] : layer->named_parameters()) *parameter = bf16_numbers(parameter->sizes(), 0.1);
  const Tensor rows = bf16_numbers({5, 64}),
               picture = bf16_numbers({1, 64, 6, 6}).contiguous(at::MemoryFormat::ChannelsLast);
  const int64_t before = packed_weights();
  for (int i = 0; i < 3; ++i) linear.forward(rows), conv.forward(picture);
  EXPECT_EQ(packed_weights() - before, 2);
  EXPECT_EQ(linear.packed_bytes(), 2 * 64 * 128);
  EXPECT_EQ(conv.packed_bytes(), 2 * 64 * 64 * 9);
  const Tensor was = linear.forward(rows);
  linear.drop_packed();
  EXPECT_EQ(linear.packed_bytes(), 0);
  EXPECT_TRUE(at::equal(linear.forward(rows), was));
  linear.weight = linear.weight * 2;  // as a LoRA's merge does
  EXPECT_FALSE(at::equal(linear.forward(rows), was));
  const Tensor doubled = linear.forward(rows);
  linear.weight.mul_(2);  // in place
  EXPECT_FALSE(at::equal(linear.forward(rows), doubled));
}

TEST_P(Bf16Product, LayersAgreeWithThePlainPath) {
  Linear linear(320, 640);
  Conv2d conv(64, 128, 3, 2, 1);
  for (Module* layer : {static_cast<Module*>(&linear), static_cast<Module*>(&conv)})
    for (auto& [name, parameter] : layer->named_parameters()) *parameter = bf16_numbers(parameter->sizes(), 0.1);
  const Tensor rows = bf16_numbers({2, 9, 320}),
               picture = bf16_numbers({2, 64, 8, 8}).contiguous(at::MemoryFormat::ChannelsLast);
  const Tensor ours[] = {linear.forward(rows), linear.geglu(rows), conv.forward(picture)};
  set_fast_paths(false);
  const Tensor plain[] = {linear.forward(rows), linear.geglu(rows), conv.forward(picture)};
  set_fast_paths(true);
  for (int i = 0; i < 3; ++i)
    EXPECT_LT(bf16_error(ours[i], wide(plain[i])), 1.0 / 64) << i;  // plain ones round between
}

TEST_P(Bf16Product, LeavesAloneWhatItCannotDo) {
  const Tensor x = bf16_numbers({2, 9}), weight = bf16_numbers({4, 9});
  EXPECT_FALSE(can_use_bf16_product(x, weight)) << "inputs must come in pairs";
  EXPECT_FALSE(can_use_bf16_product(at::randn({2, 8}), at::randn({4, 8})));
  EXPECT_TRUE(can_use_bf16_product(bf16_numbers({2, 8}), bf16_numbers({4, 8})));
}

INSTANTIATE_TEST_SUITE_P(, Bf16Product, kAllBf16Kernels, name_of);

}  // namespace
}  // namespace darkroom::layers
