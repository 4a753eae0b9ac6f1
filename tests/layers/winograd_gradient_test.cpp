#include "layers/winograd_gradient.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "layers/conv2d.h"
#include "layers/fast_paths.h"
#include "layers/winograd_conv.h"

namespace darkroom::layers {
namespace {

struct Sizes3x3 {
  int64_t pictures, in, out, height, width;
};
// The embedded model's levels, odd sides, more tiles than a chunk of the weight's gradient, rows of one pixel. Channels
// are whole panels of every kind of vectors; the largest have 32 columns.
constexpr Sizes3x3 kSizes[] = {{24, 64, 64, 16, 16},  {24, 128, 192, 8, 8}, {24, 384, 192, 4, 4}, {2, 96, 32, 15, 17},
                               {1, 640, 320, 20, 33}, {3, 32, 64, 1, 9},    {2, 32, 64, 7, 1},    {1, 32, 32, 128, 96}};

double error_of(const Tensor& found, const Tensor& expected) {
  return ((found - expected).norm() / expected.norm()).item<double>();
}

Tensor side_by_side_leaf(at::IntArrayRef shape) {
  return at::randn(shape).contiguous(at::MemoryFormat::ChannelsLast).requires_grad_();
}

TEST(WinogradGradient, ValuesAndGradientsAreThoseOfTheDefinition) {
  at::manual_seed(5);
  for (const Sizes3x3& s : kSizes) {
    // Weights of trained networks lie channels last, those of files do not.
    for (const bool channels_last : {true, false}) {
      const Tensor x = side_by_side_leaf({s.pictures, s.in, s.height, s.width});
      const Tensor weight =
          channels_last ? side_by_side_leaf({s.out, s.in, 3, 3}) : at::randn({s.out, s.in, 3, 3}).requires_grad_();
      const Tensor bias = at::randn({s.out}).requires_grad_(), g = at::randn({s.pictures, s.out, s.height, s.width});
      ASSERT_TRUE(can_use_winograd(x, weight, 1, 1) && has_winograd_gradients(weight)) << s.in << " " << s.out;
      const Tensor y = winograd_conv_with_gradient(x, weight, bias);
      y.backward(g);
      std::vector<Tensor> exact;
      for (const Tensor& leaf : {x, weight, bias}) exact.push_back(leaf.detach().to(at::kDouble).requires_grad_());
      const Tensor expected = at::conv2d(exact[0], exact[1], exact[2], 1, 1);
      expected.backward(g.to(at::kDouble));
      EXPECT_LT(error_of(y.detach(), expected.detach()), 1e-6) << s.in << " " << s.out << " " << s.height;
      EXPECT_LT(error_of(x.grad(), exact[0].grad()), 1e-6) << s.in << " " << s.out << " " << s.height;
      EXPECT_LT(error_of(weight.grad(), exact[1].grad()), 2e-6) << s.in << " " << s.out << " " << s.height;
      EXPECT_LT(error_of(bias.grad(), exact[2].grad()), 1e-5) << s.in << " " << s.out << " " << s.height;
    }
  }
}

TEST(WinogradGradient, DoesNotDependOnThreads) {
  const Tensor x = side_by_side_leaf({3, 96, 20, 22}), g = side_by_side_leaf({3, 64, 20, 22}).detach();
  const Tensor weight = side_by_side_leaf({64, 96, 3, 3}), bias = at::randn({64}).requires_grad_();
  const auto gradients = [&] {
    for (const Tensor& leaf : {x, weight, bias}) Tensor(leaf).mutable_grad().reset();
    winograd_conv_with_gradient(x, weight, bias).backward(g);
    return std::vector<Tensor>{x.grad().clone(), weight.grad().clone(), bias.grad().clone()};
  };
  const std::vector<Tensor> expected = gradients();
  const int threads = at::get_num_threads();
  for (const int count : {1, 2, 3}) {
    at::set_num_threads(count);
    const std::vector<Tensor> found = gradients();
    for (size_t i = 0; i < found.size(); ++i) EXPECT_TRUE(found[i].equal(expected[i])) << count << " " << i;
  }
  at::set_num_threads(threads);
}

// Weights of a frozen model stay as their file has them; each is an fp32 number.
TEST(WinogradGradient, GoesThroughStoredWeights) {
  at::manual_seed(6);
  for (const at::ScalarType type : {at::kHalf, at::kBFloat16}) {
    for (const auto& [in, out] : {std::pair<int64_t, int64_t>{96, 64}, {32, 64}, {1280, 1600}}) {
      const Tensor x = side_by_side_leaf({1, in, 6, 8}), g = side_by_side_leaf({1, out, 6, 8}).detach();
      const Tensor stored = at::randn({out, in, 3, 3}).to(type), wide = stored.to(at::kFloat);
      const auto results = [&](const Tensor& weight) {
        Tensor(x).mutable_grad().reset();
        const Tensor y = winograd_conv_with_gradient(x, weight, {});
        y.backward(g);
        return std::pair{y.detach(), x.grad().clone()};
      };
      const auto found = results(stored), expected = results(wide);
      EXPECT_TRUE(found.first.equal(expected.first)) << in << " " << out;
      EXPECT_TRUE(found.second.equal(expected.second)) << in << " " << out;
    }
  }
}

TEST(WinogradGradient, ComputesOnlyWhatIsWanted) {
  const Tensor weight = side_by_side_leaf({32, 32, 3, 3}).detach(), x = side_by_side_leaf({1, 32, 16, 16});
  winograd_conv_with_gradient(x, weight, {}).sum().backward();
  EXPECT_TRUE(x.grad().defined());
  EXPECT_FALSE(weight.grad().defined());
  const Tensor trained = weight.clone().requires_grad_(), fixed = x.detach();
  winograd_conv_with_gradient(fixed, trained, {}).sum().backward();
  EXPECT_TRUE(trained.grad().defined());
  EXPECT_TRUE(trained.grad().is_contiguous(at::MemoryFormat::ChannelsLast)) << "as trained weights lie";
  EXPECT_FALSE(winograd_conv_with_gradient(fixed, weight, {}).requires_grad());
}

TEST(WinogradGradient, StandsInForTheDefinitionInTraining) {
  Conv2d conv(32, 32, 3, 1, 1);
  for (auto& [name, tensor] : conv.named_parameters()) tensor->normal_();
  conv.require_gradients(true);
  // Batches count all their pixels here, unlike without gradients.
  const Tensor x = side_by_side_leaf({4, 32, 8, 8}).detach();
  EXPECT_TRUE(conv.forward(x).equal(winograd_conv(x, conv.weight, conv.bias)));
  set_fast_paths(false);
  EXPECT_TRUE(conv.forward(x).equal(at::conv2d(x, conv.weight, conv.bias, 1, 1)));
  set_fast_paths(true);
  const Tensor few = x.narrow(0, 0, 1);
  EXPECT_TRUE(conv.forward(few).equal(at::conv2d(few, conv.weight, conv.bias, 1, 1)));
}

}  // namespace
}  // namespace darkroom::layers
