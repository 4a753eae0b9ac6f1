#include "layers/linear.h"

#include <gtest/gtest.h>

namespace darkroom::layers {
namespace {

TEST(Linear, MultipliesByTheTransposedWeightAndAddsTheBias) {
  Linear linear(2, 3);
  linear.weight.copy_(at::tensor({1.f, 2.f, 3.f, 4.f, 5.f, 6.f}).view({3, 2}));
  linear.bias.copy_(at::tensor({10.f, 20.f, 30.f}));
  const Tensor y = linear.forward(at::tensor({1.f, -1.f}).view({1, 1, 2}));
  EXPECT_TRUE(at::equal(y, at::tensor({9.f, 19.f, 29.f}).view({1, 1, 3}))) << y;
}

TEST(Linear, WithoutBiasHasNone) {
  Linear linear(2, 3, /*has_bias=*/false);
  EXPECT_FALSE(linear.bias.defined());
  EXPECT_EQ(linear.named_parameters().size(), 1u);
}

TEST(Linear, GivesGradientsToWeightBiasAndInput) {
  Linear linear(4, 2);
  for (auto& [name, tensor] : linear.named_parameters()) tensor->normal_();
  linear.require_gradients(true);
  const Tensor x = at::randn({3, 4}).requires_grad_();
  linear.forward(x).sum().backward();
  EXPECT_TRUE(at::allclose(x.grad(), linear.weight.sum(0).expand({3, 4})));
  EXPECT_TRUE(at::allclose(linear.weight.grad(), x.detach().sum(0).expand({2, 4})));
  EXPECT_TRUE(at::allclose(linear.bias.grad(), at::full({2}, 3.f)));
}

}  // namespace
}  // namespace darkroom::layers
