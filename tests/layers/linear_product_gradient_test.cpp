#include "layers/linear_product_gradient.h"

#include <gtest/gtest.h>

#include <vector>

#include "layers/conv2d.h"
#include "layers/fast_paths.h"
#include "layers/linear.h"
#include "layers/module.h"

namespace darkroom::layers {
namespace {

double relative_error(const Tensor& found, const Tensor& exact) {
  return ((found - exact).norm() / exact.norm()).item<double>();
}

/// The gradients of all parameters and of x, of a sum that weighs each output differently.
std::vector<Tensor> gradients(Module& layer, const std::function<Tensor(const Tensor&)>& forward, const Tensor& input) {
  const Tensor x = input.detach().clone(input.suggest_memory_format()).requires_grad_();
  for (const auto& [name, tensor] : layer.named_parameters()) tensor->mutable_grad() = Tensor();
  const Tensor y = forward(x);
  (y * at::linspace(-1, 1, y.numel()).view(y.sizes())).sum().backward();
  std::vector<Tensor> found = {x.grad().clone()};
  for (const auto& [name, tensor] : layer.named_parameters())
    if (tensor->grad().defined()) found.push_back(tensor->grad().clone());
  return found;
}

void expect_the_plain_gradients(Module& layer, const std::function<Tensor(const Tensor&)>& forward, const Tensor& x,
                                size_t count) {
  const std::vector<Tensor> fast = gradients(layer, forward, x);
  set_fast_paths(false);
  const std::vector<Tensor> plain = gradients(layer, forward, x);
  set_fast_paths(true);
  ASSERT_EQ(fast.size(), count);
  ASSERT_EQ(plain.size(), count);
  for (size_t i = 0; i < count; ++i) EXPECT_LT(relative_error(fast[i], plain[i]), 1e-6) << i;
}

TEST(LinearProductGradient, IsTheDefinitions) {
  at::manual_seed(9);
  for (const bool has_bias : {true, false}) {
    for (const int64_t rows : {1, 7, 200}) {
      Linear linear(96, 64, has_bias);
      for (const auto& [name, tensor] : linear.named_parameters()) tensor->normal_();
      const auto forward = [&](const Tensor& x) { return linear.forward(x); };
      const Tensor x = at::randn({2, rows, 96});
      linear.require_gradients(true);
      expect_the_plain_gradients(linear, forward, x, has_bias ? 3 : 2);
      linear.require_gradients(false);
      for (const auto& [name, tensor] : linear.named_parameters()) tensor->mutable_grad() = Tensor();
      expect_the_plain_gradients(linear, forward, x, 1);
      expect_the_plain_gradients(
          linear, [&](const Tensor& in) { return linear.geglu(in); }, x, 1);
    }
  }
}

TEST(LinearProductGradient, OfPixelsIsTheDefinitions) {
  at::manual_seed(10);
  Conv2d pointwise(32, 64, 1, 1, 0);
  for (const auto& [name, tensor] : pointwise.named_parameters()) tensor->normal_();
  pointwise.require_gradients(true);
  const Tensor x = at::randn({2, 32, 5, 7}).contiguous(at::MemoryFormat::ChannelsLast);
  expect_the_plain_gradients(
      pointwise, [&](const Tensor& in) { return pointwise.forward(in); }, x, 3);
}

// A frozen model's weights stay as their file has them.
TEST(LinearProductGradient, GoesThroughStoredWeights) {
  at::manual_seed(11);
  Linear linear(32, 96);
  for (const auto& [name, tensor] : linear.named_parameters()) tensor->normal_();
  linear.weight = linear.weight.to(at::kHalf);
  expect_the_plain_gradients(
      linear, [&](const Tensor& in) { return linear.forward(in); }, at::randn({5, 32}), 1);
}

// Gates far from 0 on both sides, halves that fill no vectors, and one row.
TEST(LinearProductGradient, OfGegluIsTheDefinitions) {
  at::manual_seed(12);
  for (const int64_t half : {1, 5, 16, 203}) {
    for (const double size : {0.1, 1.0, 8.0}) {
      const Tensor x = at::randn({3, 2 * half}).mul_(size).requires_grad_(), g = at::randn({3, half});
      const Tensor y = gelu_gated_with_gradient(x);
      y.backward(g);
      const Tensor exact = x.detach().to(at::kDouble).requires_grad_();
      const std::vector<Tensor> halves = exact.chunk(2, -1);
      const Tensor expected = halves[0] * at::gelu(halves[1]);
      expected.backward(g.to(at::kDouble));
      EXPECT_LT(relative_error(y.detach(), expected.detach()), 1e-6) << half << " " << size;
      EXPECT_LT(relative_error(x.grad(), exact.grad()), 1e-6) << half << " " << size;
    }
  }
}

TEST(LinearProductGradient, IsRecordedWhereItIsWanted) {
  const Tensor plain = at::ones({64, 32}), wanted = at::ones({64, 32}).requires_grad_();
  EXPECT_FALSE(wants_gradient(plain, plain, {}));
  EXPECT_TRUE(wants_gradient(plain, wanted, {}));
  EXPECT_TRUE(wants_gradient(wanted, plain, plain));
  EXPECT_TRUE(has_linear_product_gradient(wanted));
  EXPECT_FALSE(has_linear_product_gradient(at::ones({64, 30})));
  NoGrad guard;
  EXPECT_FALSE(wants_gradient(wanted, wanted, wanted));
}

}  // namespace
}  // namespace darkroom::layers
