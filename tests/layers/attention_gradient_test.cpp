#include "layers/attention_gradient.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "layers/attention.h"
#include "layers/fast_paths.h"

namespace darkroom::layers {
namespace {

struct Sizes {
  int64_t batch, queries, keys, heads, depth;
};

double error_of(const Tensor& found, const Tensor& expected) {
  return ((found - expected).norm() / expected.norm()).item<double>();
}

Tensor leaf(at::IntArrayRef shape) {
  return at::randn(shape).requires_grad_();
}

TEST(AttentionGradient, ValuesAndGradientsAreThoseOfTheDefinition) {
  at::manual_seed(2);
  for (const Sizes& s : {Sizes{1, 64, 64, 2, 40},
                         {2, 33, 77, 3, 8},
                         {1, 1, 1, 1, 4},
                         {2, 700, 900, 8, 16},
                         {1, 4096, 77, 2, 5},
                         {3, 64, 20, 4, 32},
                         {2, 1025, 1025, 1, 40},
                         {24, 16, 16, 6, 32},
                         {1, 50, 1024, 2, 40}}) {
    const int64_t width = s.heads * s.depth;
    const Tensor q = leaf({s.batch, s.queries, width}), k = leaf({s.batch, s.keys, width}),
                 v = leaf({s.batch, s.keys, width});
    const Tensor g = at::randn({s.batch, s.queries, width});
    const Tensor out = attention_with_gradient(q, k, v, s.heads);
    out.backward(g);
    std::vector<Tensor> exact;
    for (const Tensor& x : {q, k, v}) exact.push_back(x.detach().to(at::kDouble).requires_grad_());
    const Tensor expected = attention(exact[0], exact[1], exact[2], s.heads);
    expected.backward(g.to(at::kDouble));
    EXPECT_LT(error_of(out.detach(), expected.detach()), 2e-6) << s.queries;
    EXPECT_LT(error_of(v.grad(), exact[2].grad()), 5e-6) << s.queries;
    if (s.keys == 1) continue;  // one key has the weight 1, whatever its score: no gradient
    EXPECT_LT(error_of(q.grad(), exact[0].grad()), 5e-6) << s.queries;
    EXPECT_LT(error_of(k.grad(), exact[1].grad()), 5e-6) << s.queries;
  }
}

TEST(AttentionGradient, DoesNotDependOnThreads) {
  const Tensor q = leaf({2, 100, 96}), k = leaf({2, 77, 96}), v = leaf({2, 77, 96}), g = at::randn({2, 100, 96});
  const auto gradients = [&] {
    for (const Tensor& x : {q, k, v}) Tensor(x).mutable_grad().reset();
    attention_with_gradient(q, k, v, 3).backward(g);
    return std::vector<Tensor>{q.grad().clone(), k.grad().clone(), v.grad().clone()};
  };
  const std::vector<Tensor> expected = gradients();
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const std::vector<Tensor> found = gradients();
  at::set_num_threads(threads);
  for (size_t i = 0; i < found.size(); ++i) EXPECT_TRUE(found[i].equal(expected[i])) << i;
}

TEST(AttentionGradient, StandsInWhereScoresWouldBeKept) {
  // Depth 8 fills vectors and depth 5 does not; then it takes many scores.
  const Tensor small = at::zeros({1, 256, 40}), large = at::zeros({1, 1024, 40});
  EXPECT_TRUE(recomputes_attention(small, small, small, 5));
  EXPECT_FALSE(recomputes_attention(small, small, small, 8));
  EXPECT_TRUE(recomputes_attention(large, large, large, 8));
  const Tensor q = leaf({1, 1024, 64}), k = at::randn({1, 1024, 64}), v = at::randn({1, 1024, 64});
  attention(q, k, v, 8).sum().backward();
  const Tensor fast = q.grad().clone();
  q.mutable_grad().reset();
  set_fast_paths(false);
  attention(q, k, v, 8).sum().backward();
  set_fast_paths(true);
  EXPECT_TRUE(at::allclose(fast, q.grad(), 1e-3, 1e-5));
}

}  // namespace
}  // namespace darkroom::layers
