#include "layers/unfolded_conv.h"

#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include "layers/conv2d.h"
#include "layers/fast_paths.h"

namespace darkroom::layers {
namespace {

struct Sizes {
  int64_t pictures, in, out, height, width, side, stride, padding;
};
// The UNet's smallest level and its halvings, odd sides, one pixel, a window larger than the picture, other kernels.
// Channels are whole panels of every kind of vectors; the largest have 32 columns.
constexpr Sizes kSizes[] = {{1, 64, 96, 8, 8, 3, 1, 1},  {2, 32, 32, 16, 12, 3, 2, 1}, {1, 32, 96, 7, 9, 3, 2, 1},
                            {3, 32, 32, 1, 1, 3, 1, 1},  {1, 64, 32, 2, 5, 5, 1, 2},   {2, 32, 64, 6, 7, 2, 2, 0},
                            {1, 32, 32, 9, 11, 3, 3, 0}, {1, 96, 32, 5, 5, 1, 2, 0}};

double error_of(const Tensor& found, const Tensor& expected) {
  return ((found - expected).norm() / expected.norm()).item<double>();
}

Tensor side_by_side(at::IntArrayRef shape) {
  return at::randn(shape).contiguous(at::MemoryFormat::ChannelsLast);
}

TEST(UnfoldedConv, ValueAndGradientAreThoseOfTheDefinition) {
  at::manual_seed(7);
  for (const Sizes& s : kSizes) {
    for (const at::ScalarType type : {at::kFloat, at::kHalf, at::kBFloat16}) {
      for (const bool has_bias : {true, false}) {
        const Tensor x = side_by_side({s.pictures, s.in, s.height, s.width}).requires_grad_();
        const Tensor kernels = at::randn({s.out, s.in, s.side, s.side}).to(type).requires_grad_(has_bias);
        const Tensor bias = has_bias ? at::randn({s.out}).requires_grad_() : Tensor();
        ASSERT_TRUE(can_unfold(x, kernels));
        const Tensor y = unfolded_conv_with_gradient(x, kernels, bias, s.stride, s.padding);
        const Tensor exact = x.detach().to(at::kDouble).requires_grad_();
        const Tensor exact_kernels = kernels.detach().to(at::kDouble).requires_grad_(has_bias);
        const Tensor expected =
            at::conv2d(exact, exact_kernels, has_bias ? bias.detach().to(at::kDouble) : Tensor(), s.stride, s.padding);
        ASSERT_EQ(y.sizes(), expected.sizes());
        const Tensor g = at::randn(y.sizes());
        y.backward(g);
        expected.backward(g.to(at::kDouble));
        EXPECT_TRUE(y.is_contiguous(at::MemoryFormat::ChannelsLast));
        EXPECT_LT(error_of(y.detach(), expected.detach()), 1e-6) << s.in << " " << s.out << " " << s.side;
        EXPECT_LT(error_of(x.grad(), exact.grad()), 1e-6) << s.in << " " << s.out << " " << s.side;
        if (!has_bias) continue;
        EXPECT_EQ(kernels.grad().scalar_type(), type);
        // A gradient is of its weight's type: half a unit of the last place is 2^-9 in bf16.
        const double rounding = type == at::kFloat ? 1e-6 : type == at::kHalf ? 0x1p-11 : 0x1p-8;
        EXPECT_LT(error_of(kernels.grad().to(at::kDouble), exact_kernels.grad()), rounding);
        EXPECT_LT(error_of(bias.grad(), g.sum({0, 2, 3})), 1e-6);
      }
    }
  }
}

TEST(UnfoldedConv, IsTheSameWithoutGradientsAndInEveryBatch) {
  at::manual_seed(9);
  for (const Sizes& s : kSizes) {
    const Tensor x = side_by_side({3, s.in, s.height, s.width}), bias = at::randn({s.out});
    const Tensor kernels = at::randn({s.out, s.in, s.side, s.side}).to(at::kHalf);
    const Tensor y = unfolded_conv(x, kernels, bias, s.stride, s.padding);
    EXPECT_TRUE(y.equal(unfolded_conv_with_gradient(x, kernels, bias, s.stride, s.padding)));
    EXPECT_TRUE(y.narrow(0, 1, 1).equal(unfolded_conv(x.narrow(0, 1, 1), kernels, bias, s.stride, s.padding)));
  }
}

TEST(UnfoldedConv, ALargeBatchIsWrittenOutInParts) {
  const Tensor x = side_by_side({5, 512, 33, 33}), kernels = at::randn({32, 512, 3, 3});  // 5 million numbers each
  const Tensor y = unfolded_conv(x, kernels, {}, 1, 1);
  for (int64_t i = 0; i < 5; ++i)
    EXPECT_TRUE(y.narrow(0, i, 1).equal(unfolded_conv(x.narrow(0, i, 1), kernels, {}, 1, 1))) << i;
}

TEST(UnfoldedConv, DoesNotDependOnThreads) {
  const Tensor x = side_by_side({2, 32, 9, 10}).requires_grad_(), kernels = at::randn({96, 32, 3, 3}).to(at::kHalf);
  const auto both = [&] {
    Tensor(x).mutable_grad().reset();
    const Tensor y = unfolded_conv_with_gradient(x, kernels, {}, 2, 1);
    y.square().sum().backward();
    return std::pair{y.detach(), x.grad().clone()};
  };
  const auto expected = both();
  const int threads = at::get_num_threads();
  for (const int count : {1, 2, 3}) {
    at::set_num_threads(count);
    const auto found = both();
    EXPECT_TRUE(found.first.equal(expected.first) && found.second.equal(expected.second)) << count;
  }
  at::set_num_threads(threads);
}

/// The same layer with and without the fast path, which are different roundings of the same sums.
TEST(UnfoldedConv, StandsInForFewPixelsAndStrides) {
  at::manual_seed(10);
  const c10::InferenceMode inference;
  const Conv2d few(32, 96, 3, 1, 1), halving(32, 32, 3, 2, 1);
  for (const Conv2d* conv : {&few, &halving}) {
    Tensor(conv->weight).normal_();
    Tensor(conv->bias).normal_();
    const Tensor x = side_by_side({2, 32, 8, 8});
    const Tensor found = conv->forward(x);
    EXPECT_TRUE(found.equal(unfolded_conv(x, conv->weight, conv->bias, conv->stride, conv->padding)));
    EXPECT_LT(error_of(found, at::conv2d(x, conv->weight, conv->bias, conv->stride, conv->padding)), 1e-6);
  }
}

TEST(UnfoldedConv, StandsInWhereTheKernelsAreFrozen) {
  at::manual_seed(8);
  Conv2d few(32, 96, 3, 1, 1), halving(32, 32, 3, 2, 1);
  for (Conv2d* conv : {&few, &halving}) {
    for (const auto& [name, tensor] : conv->named_parameters()) tensor->normal_();
    conv->weight = conv->weight.to(at::kHalf);
    const Tensor x = side_by_side({1, 32, 8, 8}).requires_grad_();
    const auto expected = unfolded_conv_with_gradient(x, conv->weight, conv->bias, conv->stride, conv->padding);
    EXPECT_TRUE(conv->forward(x).equal(expected));
    set_fast_paths(false);
    EXPECT_FALSE(conv->forward(x).equal(expected)) << "the switch leaves it out";
    EXPECT_LT(error_of(conv->forward(x).detach(), expected.detach()), 1e-6);
    set_fast_paths(true);
    conv->bias.requires_grad_();
    conv->forward(x).sum().backward();
    EXPECT_TRUE(conv->bias.grad().defined());
    conv->weight = conv->weight.to(at::kFloat).requires_grad_();
    EXPECT_TRUE(conv->forward(x).equal(at::conv2d(x, conv->weight, conv->bias, conv->stride, conv->padding)))
        << "kernels that are trained in fp32 are left to libtorch";
  }
}

TEST(UnfoldedConv, IsNotForAllKernels) {
  const Tensor x = side_by_side({1, 32, 8, 8});
  EXPECT_FALSE(can_unfold(x, at::randn({30, 32, 3, 3})));
  EXPECT_FALSE(can_unfold(x.contiguous(), at::randn({32, 32, 3, 3})));
  EXPECT_FALSE(can_unfold(x.to(at::kDouble), at::randn({32, 32, 3, 3})));
  EXPECT_FALSE(can_unfold(side_by_side({1, 4, 8, 8}), at::randn({32, 4, 3, 3})));
}

}  // namespace
}  // namespace darkroom::layers
