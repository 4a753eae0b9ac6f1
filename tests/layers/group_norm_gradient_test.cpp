#include "layers/group_norm_gradient.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "layers/fast_paths.h"
#include "layers/norm.h"

namespace darkroom::layers {
namespace {

Tensor last_leaf(const Tensor& x) {
  return x.contiguous(at::MemoryFormat::ChannelsLast).requires_grad_();
}

double relative(const Tensor& found, const Tensor& expected) {
  return ((found - expected).norm() / expected.norm()).item<double>();
}

struct NormCase {
  int64_t pictures, channels, groups, height, width;
  double offset;  // of all values: what is far from 0 must keep its digits
};

TEST(GroupNormGradient, ValuesAndGradientsAreThoseOfTheDefinition) {
  at::manual_seed(7);
  for (const NormCase& c : {NormCase{24, 64, 8, 16, 16, 0},
                            {2, 320, 32, 40, 24, 3},
                            {3, 12, 4, 5, 7, -1},
                            {1, 30, 3, 40, 30, 10},
                            {24, 192, 8, 4, 4, 0.5},
                            {2, 8, 2, 1, 2, 0}}) {
    for (const bool silu : {false, true}) {
      const Tensor x = last_leaf(at::randn({c.pictures, c.channels, c.height, c.width}) * 2 + c.offset);
      const Tensor weight = at::randn({c.channels}).requires_grad_(), bias = at::randn({c.channels}).requires_grad_();
      const Tensor g = at::randn(x.sizes());
      const Tensor y = group_norm_with_gradient(x, c.groups, weight, bias, 1e-5, silu);
      y.backward(g);
      std::vector<Tensor> exact;
      for (const Tensor& leaf : {x, weight, bias})
        exact.push_back(leaf.detach().contiguous().to(at::kDouble).requires_grad_());
      const Tensor normed = at::group_norm(exact[0], c.groups, exact[1], exact[2], 1e-5, false);
      const Tensor expected = silu ? at::silu(normed) : normed;
      expected.backward(g.to(at::kDouble));
      EXPECT_LT(relative(y.detach(), expected.detach()), 2e-6) << c.channels << " " << silu;
      EXPECT_LT(relative(x.grad(), exact[0].grad()), 5e-6) << c.channels << " " << silu;
      EXPECT_LT(relative(weight.grad(), exact[1].grad()), 5e-6) << c.channels << " " << silu;
      EXPECT_LT(relative(bias.grad(), exact[2].grad()), 5e-6) << c.channels << " " << silu;
    }
  }
}

TEST(GroupNormGradient, DoesNotDependOnThreads) {
  const Tensor x = last_leaf(at::randn({3, 64, 20, 20})), g = at::randn(x.sizes());
  const Tensor weight = at::randn({64}).requires_grad_(), bias = at::randn({64}).requires_grad_();
  const auto gradients = [&] {
    for (const Tensor& leaf : {x, weight, bias}) Tensor(leaf).mutable_grad().reset();
    group_norm_with_gradient(x, 8, weight, bias, 1e-5, true).backward(g);
    return std::vector<Tensor>{x.grad().clone(), weight.grad().clone(), bias.grad().clone()};
  };
  const std::vector<Tensor> expected = gradients();
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const std::vector<Tensor> found = gradients();
  at::set_num_threads(threads);
  for (size_t i = 0; i < found.size(); ++i) EXPECT_TRUE(found[i].equal(expected[i])) << i;
}

TEST(GroupNormGradient, StandsInForTheDefinitionInTraining) {
  GroupNorm norm(4, 16, 1e-5);
  norm.weight.normal_(), norm.bias.normal_();
  norm.require_gradients(true);
  const Tensor x = last_leaf(at::randn({2, 16, 9, 9}));
  const auto gradient = [&] {
    Tensor(x).mutable_grad().reset();
    norm.silu(x).square().sum().backward();
    return x.grad().clone();
  };
  const Tensor fast = gradient();
  EXPECT_TRUE(norm.silu(x).equal(group_norm_with_gradient(x, 4, norm.weight, norm.bias, 1e-5, true)));
  set_fast_paths(false);
  EXPECT_LT(relative(fast, gradient()), 1e-5);
  set_fast_paths(true);
}

}  // namespace
}  // namespace darkroom::layers
