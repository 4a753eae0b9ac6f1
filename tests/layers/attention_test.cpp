#include "layers/attention.h"

#include <gtest/gtest.h>

#include <cmath>

#include "layers/fast_paths.h"

namespace darkroom::layers {
namespace {

/// The definition for one head: q, k, v [T, d].
Tensor one_head(const Tensor& q, const Tensor& k, const Tensor& v, bool causal) {
  Tensor scores = at::matmul(q, k.t()) / std::sqrt(double(q.size(1)));
  for (int64_t i = 0; causal && i < scores.size(0); ++i) {
    for (int64_t j = i + 1; j < scores.size(1); ++j) scores[i][j] = -INFINITY;
  }
  return at::matmul(at::softmax(scores, -1), v);
}

Tensor all_heads(const Tensor& q, const Tensor& k, const Tensor& v, int64_t heads, bool causal) {
  const int64_t d = q.size(2) / heads;
  std::vector<Tensor> batch;
  for (int64_t b = 0; b < q.size(0); ++b) {
    std::vector<Tensor> parts;
    for (int64_t h = 0; h < heads; ++h) {
      const auto head = [&](const Tensor& x) { return x[b].narrow(1, h * d, d); };
      parts.push_back(one_head(head(q), head(k), head(v), causal));
    }
    batch.push_back(at::cat(parts, 1));
  }
  return at::stack(batch);
}

TEST(Attention, EqualsTheDefinitionPerHead) {
  for (const int64_t heads : {1, 2, 4}) {
    const Tensor q = at::randn({2, 7, 16}), k = at::randn({2, 5, 16}), v = at::randn({2, 5, 16});
    EXPECT_TRUE(at::allclose(attention(q, k, v, heads), all_heads(q, k, v, heads, false), 1e-5, 1e-5)) << heads;
  }
}

TEST(Attention, CausalTokensSeeOnlyThePast) {
  const Tensor q = at::randn({1, 6, 8}), k = at::randn({1, 6, 8}), v = at::randn({1, 6, 8});
  EXPECT_TRUE(at::allclose(attention(q, k, v, 2, true), all_heads(q, k, v, 2, true), 1e-5, 1e-5));
  EXPECT_TRUE(at::allclose(attention(q, k, v, 2, true)[0][0], v[0][0], 1e-5, 1e-5));
}

TEST(Attention, SlicedEqualsWhole) {
  // 40 heads of 1600 x 1600 scores exceed what is held at a time; recording gradients turns slicing off.
  NoGrad guard;
  set_fast_paths(false);
  const Tensor q = at::randn({1, 1600, 40}), k = at::randn({1, 1600, 40}), v = at::randn({1, 1600, 40});
  const Tensor sliced = attention(q, k, v, 40);
  set_fast_paths(true);
  at::AutoGradMode gradients(true);
  EXPECT_TRUE(at::allclose(sliced, attention(q, k, v, 40), 1e-5, 1e-6));
}

TEST(Attention, GradientsEqualThoseOfTheDefinition) {
  const auto leaf = [](const Tensor& x) { return x.clone().requires_grad_(); };
  const Tensor q = at::randn({1, 4, 6}), k = at::randn({1, 3, 6}), v = at::randn({1, 3, 6}),
               weight = at::randn({1, 4, 6});
  const Tensor q1 = leaf(q), k1 = leaf(k), v1 = leaf(v), q2 = leaf(q), k2 = leaf(k), v2 = leaf(v);
  (attention(q1, k1, v1, 3) * weight).sum().backward();
  (all_heads(q2, k2, v2, 3, false) * weight).sum().backward();
  EXPECT_TRUE(at::allclose(q1.grad(), q2.grad(), 1e-4, 1e-5));
  EXPECT_TRUE(at::allclose(k1.grad(), k2.grad(), 1e-4, 1e-5));
  EXPECT_TRUE(at::allclose(v1.grad(), v2.grad(), 1e-4, 1e-5));
}

}  // namespace
}  // namespace darkroom::layers
