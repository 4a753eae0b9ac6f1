#include "layers/winograd_conv.h"

#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include "layers/conv2d.h"
#include "layers/fast_paths.h"
#include "layers/unfolded_conv.h"

namespace darkroom::layers {
namespace {

Tensor side_by_side(const Tensor& x) {
  return x.contiguous(at::MemoryFormat::ChannelsLast);
}

struct Case3x3 {
  int64_t pictures, in, out, height, width;
};
// Even and odd sides, one tile row, many blocks, different numbers of channels.
constexpr Case3x3 k3x3[] = {{1, 32, 32, 16, 16}, {4, 64, 96, 8, 8},   {2, 32, 64, 15, 17}, {3, 96, 32, 1, 128},
                            {1, 32, 32, 64, 63}, {3, 320, 64, 12, 9}, {2, 64, 32, 128, 1}};

TEST(WinogradConv, IsTheDefinition) {
  NoGrad guard;
  at::manual_seed(3);
  for (const Case3x3& s : k3x3) {
    const Tensor x = side_by_side(at::randn({s.pictures, s.in, s.height, s.width}));
    const Tensor weight = at::randn({s.out, s.in, 3, 3}), bias = at::randn({s.out});
    ASSERT_TRUE(can_use_winograd(x, weight, 1, 1)) << s.in << " " << s.out;
    const Tensor exact = at::conv2d(x.to(at::kDouble), weight.to(at::kDouble), bias.to(at::kDouble), 1, 1);
    const Tensor y = winograd_conv(x, weight, bias);
    EXPECT_TRUE(y.is_contiguous(at::MemoryFormat::ChannelsLast));
    EXPECT_LT(((y - exact).norm() / exact.norm()).item<double>(), 1e-6) << s.in << " " << s.out << " " << s.height;
    const Tensor bare = winograd_conv(x, weight, {});
    EXPECT_LT((bare + bias.view({1, -1, 1, 1}) - y).abs().max().item<double>(), 1e-4);
  }
}

TEST(WinogradConv, DependsOnNeitherBatchNorThreads) {
  NoGrad guard;
  const Tensor x = side_by_side(at::randn({3, 32, 20, 22})), weight = at::randn({64, 32, 3, 3}), bias = at::randn({64});
  const Tensor whole = winograd_conv(x, weight, bias);
  EXPECT_TRUE(winograd_conv(side_by_side(x.narrow(0, 1, 1)), weight, bias)[0].equal(whole[1]));
  const int threads = at::get_num_threads();
  for (const int count : {1, 2, 4}) {
    at::set_num_threads(count);
    EXPECT_TRUE(winograd_conv(x, weight, bias).equal(whole)) << count;
  }
  at::set_num_threads(threads);
}

TEST(WinogradConv, TakesOnlyWhatItCan) {
  const Tensor x = side_by_side(at::ones({1, 32, 16, 16})), weight = at::ones({32, 32, 3, 3});
  EXPECT_TRUE(can_use_winograd(x, weight, 1, 1));
  EXPECT_FALSE(can_use_winograd(x, weight, 2, 1));
  EXPECT_FALSE(can_use_winograd(x, weight, 1, 0));
  EXPECT_FALSE(can_use_winograd(x, at::ones({32, 32, 1, 1}), 1, 1));
  EXPECT_FALSE(can_use_winograd(x, at::ones({4, 32, 3, 3}), 1, 1)) << "half a vector";
  EXPECT_FALSE(can_use_winograd(at::ones({1, 32, 16, 16}), weight, 1, 1)) << "another order of pixels";
  EXPECT_FALSE(can_use_winograd(x.to(at::kBFloat16), weight, 1, 1));
}

TEST(WinogradConv, StandsInForTheDefinition) {
  NoGrad guard;
  Conv2d conv(32, 32, 3, 1, 1);
  for (auto& [name, tensor] : conv.named_parameters()) tensor->normal_();
  const Tensor x = side_by_side(at::randn({1, 32, 16, 16}));
  EXPECT_TRUE(conv.forward(x).equal(winograd_conv(x, conv.weight, conv.bias)));
  set_fast_paths(false);
  EXPECT_TRUE(conv.forward(x).equal(at::conv2d(x, conv.weight, conv.bias, 1, 1)));
  set_fast_paths(true);
}

// Each way rounds its own way: a batch must not change which one its pictures take.
TEST(WinogradConv, IsChosenByThePictureAndNotByTheBatch) {
  const c10::InferenceMode inference;
  Conv2d conv(32, 32, 3, 1, 1);
  for (auto& [name, tensor] : conv.named_parameters()) tensor->normal_();
  const Tensor large = side_by_side(at::randn({6, 32, 16, 16})), small = side_by_side(at::randn({6, 32, 8, 8}));
  EXPECT_TRUE(conv.forward(large)[2].equal(conv.forward(side_by_side(large.narrow(0, 2, 1)))[0]));
  EXPECT_TRUE(conv.forward(small).equal(unfolded_conv(small, conv.weight, conv.bias, 1, 1)));
  EXPECT_TRUE(conv.forward(small)[2].equal(conv.forward(side_by_side(small.narrow(0, 2, 1)))[0]));
}

}  // namespace
}  // namespace darkroom::layers
