#include "layers/fused_group_norm.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "layers/fast_paths.h"
#include "layers/norm.h"

namespace darkroom::layers {
namespace {

Tensor channels_last(const Tensor& x) {
  return x.contiguous(at::MemoryFormat::ChannelsLast);
}

struct Case {
  int64_t pictures, channels, groups, height, width;
};
constexpr Case kCases[] = {{1, 320, 32, 64, 64}, {2, 640, 32, 8, 8}, {3, 12, 4, 5, 7}, {1, 8, 2, 1, 1},
                           {2, 64, 8, 16, 16},   {1, 30, 3, 40, 30}, {1, 4, 2, 33, 17}};

/// The definition in float64.
Tensor exact(const Tensor& x, int64_t groups, const Tensor& weight, const Tensor& bias, bool silu) {
  const Tensor split = x.to(at::kDouble).contiguous().view({x.size(0), groups, -1});
  const Tensor mean = split.mean(-1, true), variance = (split - mean).square().mean(-1, true);
  const Tensor normed = ((split - mean) / (variance + 1e-6).sqrt()).view(x.sizes());
  const Tensor y = normed * weight.view({1, -1, 1, 1}) + bias.view({1, -1, 1, 1});
  return silu ? y * at::sigmoid(y) : y;
}

TEST(FusedGroupNorm, IsTheDefinition) {
  NoGrad guard;
  at::manual_seed(1);
  for (const Case& c : kCases) {
    const Tensor x = channels_last(at::randn({c.pictures, c.channels, c.height, c.width}) * 3 + 5);
    const Tensor weight = at::randn({c.channels}), bias = at::randn({c.channels});
    ASSERT_TRUE(can_fuse_group_norm(x, weight));
    for (const bool silu : {false, true}) {
      const Tensor y = fused_group_norm(x, c.groups, weight, bias, 1e-6, silu),
                   expected = exact(x, c.groups, weight, bias, silu);
      EXPECT_LT(((y - expected).norm() / expected.norm()).item<double>(), 1e-6) << c.channels << " " << silu;
      EXPECT_TRUE(y.is_contiguous(at::MemoryFormat::ChannelsLast));
    }
  }
}

// What hardly varies keeps its digits, and what does not vary at all is no division by nothing.
TEST(FusedGroupNorm, IsExactWhereAGroupHardlyVaries) {
  NoGrad guard;
  const Tensor weight = at::ones({8}), bias = at::zeros({8});
  const Tensor x = channels_last(at::full({1, 8, 16, 16}, 3.0f) + at::arange(8, at::kFloat).view({1, 8, 1, 1}) * 1e-3);
  const Tensor expected = exact(x, 2, weight, bias, false);
  EXPECT_LT(((fused_group_norm(x, 2, weight, bias, 1e-6, false) - expected).norm() / expected.norm()).item<double>(),
            1e-4);
  EXPECT_TRUE(fused_group_norm(channels_last(at::full({1, 8, 4, 4}, 7.0f)), 2, weight, bias, 1e-6, false)
                  .abs()
                  .max()
                  .item<float>() < 1e-2);
}

TEST(FusedGroupNorm, DependsOnNeitherBatchNorThreads) {
  NoGrad guard;
  const Tensor x = channels_last(at::randn({3, 64, 20, 20})), weight = at::randn({64}), bias = at::randn({64});
  const Tensor whole = fused_group_norm(x, 8, weight, bias, 1e-6, true);
  EXPECT_TRUE(fused_group_norm(channels_last(x.narrow(0, 1, 1)), 8, weight, bias, 1e-6, true)[0].equal(whole[1]));
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  EXPECT_TRUE(fused_group_norm(x, 8, weight, bias, 1e-6, true).equal(whole));
  at::set_num_threads(threads);
}

TEST(FusedGroupNorm, TakesOnlyWhatItCan) {
  const Tensor weight = at::ones({8});
  EXPECT_FALSE(can_fuse_group_norm(at::ones({1, 8, 4, 4}), weight));
  EXPECT_FALSE(can_fuse_group_norm(channels_last(at::ones({1, 8, 4, 4})).to(at::kBFloat16), weight));
  EXPECT_FALSE(can_fuse_group_norm(at::ones({1, 8, 4}), weight));
}

TEST(FusedGroupNorm, StandsInForTheDefinition) {
  NoGrad guard;
  GroupNorm norm(4, 16, 1e-5);
  norm.weight.normal_(), norm.bias.normal_();
  const Tensor x = channels_last(at::randn({2, 16, 9, 9}));
  const Tensor fast = norm.silu(x);
  set_fast_paths(false);
  EXPECT_TRUE(at::allclose(norm.silu(x), fast, 1e-4, 1e-5));
  EXPECT_TRUE(at::allclose(at::silu(norm.forward(x)), fast, 1e-4, 1e-5));
  set_fast_paths(true);
}

}  // namespace
}  // namespace darkroom::layers
