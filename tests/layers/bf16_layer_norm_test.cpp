#include "layers/bf16_layer_norm.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "layers/bf16_cases.h"
#include "layers/norm.h"

namespace darkroom::layers {
namespace {

using Bf16Norm = Bf16Test;

TEST_P(Bf16Norm, LayerNormIsRoundedOnce) {
  for (const int64_t width : {3, 64, 77, 320, 1280}) {
    const Tensor x = bf16_numbers({2, 5, width}, 3, 20), weight = bf16_numbers({width}), bias = bf16_numbers({width});
    ASSERT_TRUE(can_use_bf16_layer_norm(x, weight));
    const Tensor exact = at::layer_norm(x.to(at::kDouble), {width}, weight.to(at::kDouble), bias.to(at::kDouble), 1e-5);
    EXPECT_LT(bf16_error(bf16_layer_norm(x, weight, bias, 1e-5), exact), 1.01 / 256) << width;
  }
}

TEST_P(Bf16Norm, GroupNormIsRoundedOnce) {
  for (const auto& [channels, groups] : {std::pair{320, 32}, {64, 8}, {30, 3}}) {
    GroupNorm norm(groups, channels, 1e-5);
    norm.weight = bf16_numbers({channels}), norm.bias = bf16_numbers({channels});
    const Tensor x = bf16_numbers({2, channels, 9, 33}, 2, 30).contiguous(at::MemoryFormat::ChannelsLast);
    const Tensor exact =
        at::group_norm(x.to(at::kDouble), groups, norm.weight.to(at::kDouble), norm.bias.to(at::kDouble), 1e-5, false);
    EXPECT_EQ(norm.forward(x).scalar_type(), at::kBFloat16);
    EXPECT_LT(bf16_error(norm.forward(x), exact), 1.01 / 256) << channels;
    EXPECT_LT(bf16_error(norm.silu(x), at::silu(exact)), 1.01 / 256) << channels;
  }
}

TEST_P(Bf16Norm, SameBitsForAllThreadsAndInEveryBatch) {
  GroupNorm norm(32, 320, 1e-5);
  norm.weight = bf16_numbers({320}), norm.bias = bf16_numbers({320});
  const Tensor x = bf16_numbers({3, 320, 20, 20}).contiguous(at::MemoryFormat::ChannelsLast), all = norm.silu(x);
  const int threads = at::get_num_threads();
  for (const int count : {1, 2, 4}) {
    at::set_num_threads(count);
    EXPECT_TRUE(at::equal(norm.silu(x), all)) << count << " threads";
  }
  at::set_num_threads(threads);
  EXPECT_TRUE(at::equal(norm.silu(x.narrow(0, 2, 1)), all.narrow(0, 2, 1)));
}

INSTANTIATE_TEST_SUITE_P(, Bf16Norm, kAllBf16Kernels, name_of);

}  // namespace
}  // namespace darkroom::layers
