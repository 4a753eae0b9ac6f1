#include "layers/bf16_product_gradient.h"

#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <gtest/gtest.h>

#include <tuple>

#include "layers/bf16_cases.h"
#include "layers/conv2d.h"
#include "layers/fast_paths.h"
#include "layers/linear.h"
#include "layers/norm.h"

namespace darkroom::layers {
namespace {

/// As a training in bf16 computes.
class Bf16ProductGradient : public Bf16Test {
 protected:
  void SetUp() override {
    Bf16Test::SetUp();
    at::autocast::set_cpu_enabled(true);
    at::autocast::set_autocast_cpu_dtype(at::kBFloat16);
    at::autocast::set_autocast_cache_enabled(false);
  }
  void TearDown() override {
    at::autocast::set_autocast_cache_enabled(true);
    at::autocast::set_cpu_enabled(false);
    Bf16Test::TearDown();
  }

  const at::AutoGradMode grad_{true};
};

constexpr double kRounding = 1.0 / 256;  // a unit in the last place of bf16

Tensor leaf(const Tensor& x) {
  return x.detach().clone(at::MemoryFormat::Preserve).requires_grad_();
}

Tensor side_by_side(at::IntArrayRef sizes) {
  return bf16_numbers(sizes).contiguous(at::MemoryFormat::ChannelsLast);
}

/// Of one computation in bf16 and the same in double: what came out, and the gradients of what went in.
struct Both {
  Tensor found, exact;
  std::vector<Tensor> found_gradients, exact_gradients;

  Both(const std::vector<Tensor>& in, const std::function<Tensor(const std::vector<Tensor>&)>& ours,
       const std::function<Tensor(const std::vector<Tensor>&)>& definition) {
    std::vector<Tensor> leaves, wide;
    for (const Tensor& x : in) leaves.push_back(leaf(x)), wide.push_back(leaf(x.to(at::kDouble)));
    found = ours(leaves);
    {
      const bool was = at::autocast::is_cpu_enabled();
      at::autocast::set_cpu_enabled(false);
      exact = definition(wide);
      at::autocast::set_cpu_enabled(was);
    }
    const Tensor g = bf16_numbers(exact.sizes());
    found.backward(g.to(found.scalar_type()));
    exact.backward(g.to(at::kDouble));
    for (const Tensor& x : leaves) found_gradients.push_back(x.grad());
    for (const Tensor& x : wide) exact_gradients.push_back(x.grad());
  }

  double worst() const {
    double most = bf16_error(found.detach(), exact.detach());
    for (size_t i = 0; i < found_gradients.size(); ++i)
      most = std::max(most, bf16_error(found_gradients[i], exact_gradients[i]));
    return most;
  }
};

TEST_P(Bf16ProductGradient, LinearLayersAreTheExactSumsRoundedOnce) {
  for (const auto& [rows, in, out] : {std::tuple{1, 2, 2}, {5, 6, 8}, {13, 320, 64}, {97, 64, 130}, {20, 96, 5760}}) {
    for (const at::ScalarType type : {at::kFloat, at::kHalf, at::kBFloat16}) {
      const Tensor weight = bf16_numbers({out, in}).to(type), bias = bf16_numbers({out});
      ASSERT_TRUE(can_go_through_in_bf16(bf16_numbers({rows, in}), weight, bias));
      const Both both(
          {bf16_numbers({rows, in})}, [&](const auto& x) { return bf16_linear_with_gradient(x[0], weight, bias); },
          [&](const auto& x) { return at::linear(x[0], weight.to(at::kDouble), bias.to(at::kDouble)); });
      EXPECT_EQ(both.found.scalar_type(), at::kBFloat16);
      EXPECT_LT(both.worst(), kRounding) << rows << " " << in << " " << out << " " << type;
    }
  }
}

TEST_P(Bf16ProductGradient, ConvolutionsAreTheExactSumsRoundedOnce) {
  struct Shape {
    int64_t batch, in, out, side, kernel, stride, padding;
  };
  for (const Shape& c : {Shape{1, 4, 8, 5, 3, 1, 1}, Shape{2, 64, 66, 9, 3, 1, 1}, Shape{2, 32, 64, 8, 3, 2, 1},
                         Shape{1, 16, 32, 9, 3, 2, 1}, Shape{1, 64, 330, 6, 3, 1, 1}, Shape{1, 6, 4, 7, 1, 1, 0},
                         Shape{1, 8, 4, 6, 3, 1, 0}, Shape{1, 8, 4, 9, 3, 2, 0}, Shape{1, 16, 6, 11, 5, 3, 2},
                         Shape{2, 4, 4, 1, 3, 1, 1}}) {
    const Tensor weight = bf16_numbers({c.out, c.in, c.kernel, c.kernel}), bias = bf16_numbers({c.out});
    ASSERT_TRUE(can_go_through_in_bf16(side_by_side({c.batch, c.in, c.side, c.side + 1}), weight, bias, c.padding));
    const Both both(
        {side_by_side({c.batch, c.in, c.side, c.side + 1})},
        [&](const auto& x) { return bf16_conv_with_gradient(x[0], weight, bias, c.stride, c.padding); },
        [&](const auto& x) {
          return at::conv2d(x[0], weight.to(at::kDouble), bias.to(at::kDouble), c.stride, c.padding);
        });
    EXPECT_LT(both.worst(), kRounding) << c.in << " to " << c.out << ", stride " << c.stride;
  }
}

TEST_P(Bf16ProductGradient, WholeNumbersAreExact) {
  const auto whole = [](at::IntArrayRef sizes) { return at::randint(-2, 3, sizes, at::kBFloat16); };
  const Tensor weight = whole({70, 34, 3, 3}), x = leaf(whole({2, 34, 7, 6}));
  const Tensor g = at::randint(-1, 2, {2, 70, 7, 6}, at::kBFloat16), y = bf16_conv_with_gradient(x, weight, {}, 1, 1);
  const Tensor sparse = g * (at::rand(g.sizes()) < 0.05);  // sums stay below 256, where bf16 has every whole number
  y.backward(sparse);
  const Tensor wide = leaf(x.to(at::kDouble));
  at::autocast::set_cpu_enabled(false);
  at::conv2d(wide, weight.to(at::kDouble), {}, 1, 1).backward(sparse.to(at::kDouble));
  EXPECT_TRUE(at::equal(x.grad().to(at::kDouble), wide.grad()));
}

TEST_P(Bf16ProductGradient, NormsAndGatesAreComputedInFp32) {
  GroupNorm norm(4, 32, 1e-5);
  Linear linear(32, 128);
  for (auto& [name, parameter] : norm.named_parameters()) *parameter = at::randn(parameter->sizes());
  for (auto& [name, parameter] : linear.named_parameters()) *parameter = bf16_numbers(parameter->sizes(), 0.3);
  const Both normed(
      {side_by_side({2, 32, 5, 7})}, [&](const auto& x) { return norm.silu(x[0]); },
      [&](const auto& x) {
        return at::silu(at::group_norm(x[0], 4, norm.weight.to(at::kDouble), norm.bias.to(at::kDouble), 1e-5));
      });
  EXPECT_EQ(normed.found.scalar_type(), at::kBFloat16);
  EXPECT_LT(normed.worst(), kRounding);
  const Both gated(
      {bf16_numbers({9, 32})}, [&](const auto& x) { return linear.geglu(x[0]); },
      [&](const auto& x) {
        const auto halves = at::linear(x[0], linear.weight.to(at::kDouble), linear.bias.to(at::kDouble)).chunk(2, -1);
        return halves[0] * at::gelu(halves[1]);
      });
  EXPECT_EQ(gated.found.scalar_type(), at::kBFloat16);
  EXPECT_LT(gated.worst(), 2 * kRounding);  // the halves are rounded before: a LoRA may add to them
}

TEST_P(Bf16ProductGradient, LinearLayersLearn) {
  for (const auto& [rows, in, out] : {std::tuple{1, 2, 4}, {7, 32, 64}, {77, 96, 34}, {300, 64, 40}}) {
    const Both both(
        {bf16_numbers({1, rows, in}), bf16_numbers({out, in}), bf16_numbers({out})},
        [](const std::vector<Tensor>& in) { return bf16_linear_with_gradient(in[0], in[1], in[2]); },
        [](const std::vector<Tensor>& in) { return at::linear(in[0], in[1], in[2]); });
    EXPECT_LE(both.worst(), kRounding) << rows << " rows, " << in << " to " << out;
  }
}

TEST_P(Bf16ProductGradient, PointwiseConvolutionsLearnAsLinearLayers) {
  const Both both(
      {bf16_numbers({2, 32, 5, 6}), bf16_numbers({64, 32, 1, 1})},
      [](const std::vector<Tensor>& in) {
        return convolution(in[0].contiguous(at::MemoryFormat::ChannelsLast), in[1], {}, 1, 0);
      },
      [](const std::vector<Tensor>& in) { return at::conv2d(in[0], in[1]); });
  EXPECT_LE(both.worst(), kRounding);
}

TEST_P(Bf16ProductGradient, LayersGoThrough) {
  Linear linear(32, 64);
  Conv2d conv(32, 64, 3, 2, 1);
  for (Module* layer : {static_cast<Module*>(&linear), static_cast<Module*>(&conv)})
    for (auto& [name, parameter] : layer->named_parameters()) *parameter = bf16_numbers(parameter->sizes(), 0.1);
  const Tensor rows = at::randn({5, 32}), picture = side_by_side({1, 32, 6, 6});
  const auto expect_ours = [&] {
    EXPECT_TRUE(at::equal(linear.forward(rows), bf16_linear_with_gradient(rows, linear.weight, linear.bias)));
    EXPECT_TRUE(at::equal(conv.forward(picture), bf16_conv_with_gradient(picture, conv.weight, conv.bias, 2, 1)));
  };
  expect_ours();
  {
    const NoGrad guard;  // the first pass of a part that is computed again
    expect_ours();
  }
  EXPECT_EQ(linear.packed_bytes() + conv.packed_bytes(), 0) << "nothing stays beside the weights";
  EXPECT_FALSE(can_go_through_in_bf16(picture, conv.weight.detach().clone().requires_grad_(), {}, 1));
  EXPECT_FALSE(can_go_through_in_bf16(rows, linear.weight.narrow(0, 0, 63), {})) << "gradients come in pairs";
  at::autocast::set_cpu_enabled(false);
  EXPECT_FALSE(can_go_through_in_bf16(rows, linear.weight, linear.bias));
}

TEST_P(Bf16ProductGradient, DoesNotDependOnThreads) {
  const Tensor x = leaf(side_by_side({2, 64, 10, 11})), weight = bf16_numbers({128, 64, 3, 3});
  const auto gradient = [&] {
    Tensor(x).mutable_grad().reset();
    bf16_conv_with_gradient(x, weight, {}, 2, 1).square().sum().backward();
    return x.grad().clone();
  };
  const Tensor expected = gradient();
  const int threads = at::get_num_threads();
  for (const int count : {1, 2, 4}) {
    at::set_num_threads(count);
    EXPECT_TRUE(at::equal(gradient(), expected)) << count;
  }
  at::set_num_threads(threads);
}

INSTANTIATE_TEST_SUITE_P(, Bf16ProductGradient, kAllBf16Kernels, name_of);

}  // namespace
}  // namespace darkroom::layers
