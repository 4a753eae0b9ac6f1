#include "layers/norm.h"

#include <gtest/gtest.h>

namespace darkroom::layers {
namespace {

TEST(GroupNorm, EveryGroupOfEveryPictureHasMeanZeroAndVarianceOne) {
  GroupNorm norm(2, 6, 1e-6);
  norm.weight.fill_(1), norm.bias.zero_();
  const Tensor y = norm.forward(at::randn({3, 6, 5, 4}) * 7 + 3).view({3, 2, 60});
  EXPECT_LT(y.mean(-1).abs().max().item<float>(), 1e-5);
  EXPECT_LT((y.var(-1, /*unbiased=*/false) - 1).abs().max().item<float>(), 1e-4);
}

TEST(GroupNorm, ScalesAndShiftsPerChannel) {
  GroupNorm norm(1, 2, 1e-6);
  norm.weight.copy_(at::tensor({2.f, 0.f})), norm.bias.copy_(at::tensor({0.f, 5.f}));
  const Tensor x = at::tensor({1.f, -1.f, 1.f, -1.f}).view({1, 2, 1, 2});  // mean 0, variance 1
  EXPECT_TRUE(at::allclose(norm.forward(x), at::tensor({2.f, -2.f, 5.f, 5.f}).view({1, 2, 1, 2}), 1e-5, 1e-5));
}

TEST(LayerNorm, NormalisesTheLastDimension) {
  LayerNorm norm(4);
  norm.weight.copy_(at::tensor({1.f, 1.f, 1.f, 2.f})), norm.bias.copy_(at::tensor({0.f, 1.f, 0.f, 0.f}));
  const Tensor y = norm.forward(at::tensor({-3.f, -1.f, 1.f, 3.f}).view({1, 1, 4}));
  const float unit = 1 / std::sqrt(5 + 1e-5f);
  EXPECT_TRUE(at::allclose(y, at::tensor({-3 * unit, 1 - unit, unit, 6 * unit}).view({1, 1, 4}), 1e-5, 1e-6)) << y;
}

}  // namespace
}  // namespace darkroom::layers
