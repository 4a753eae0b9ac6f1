#include "layers/bf16_attention_gradient.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "layers/attention.h"
#include "layers/bf16_attention.h"
#include "layers/bf16_cases.h"
#include "layers/fast_paths.h"

namespace darkroom::layers {
namespace {

using Bf16AttentionGradient = Bf16Test;

struct Sizes {
  int64_t batch, queries, keys, heads, depth;
  double spread = 1;  ///< of queries and keys
};

struct Inputs {
  Tensor q, k, v, g;

  explicit Inputs(const Sizes& s)
      : q(bf16_numbers({s.batch, s.queries, s.heads * s.depth}, s.spread)),
        k(bf16_numbers({s.batch, s.keys, s.heads * s.depth}, s.spread)),
        v(bf16_numbers({s.batch, s.keys, s.heads * s.depth})),
        g(bf16_numbers({s.batch, s.queries, s.heads * s.depth})) {}
};

std::array<Tensor, 3> gradients(const Inputs& in, int64_t heads) {
  const Tensor exponents = at::empty({in.q.size(0), heads, in.q.size(1)}, at::kFloat);
  const Tensor out = bf16_attention(in.q, in.k, in.v, heads, exponents);
  EXPECT_TRUE(at::equal(out, bf16_attention(in.q, in.k, in.v, heads)));
  return bf16_attention_gradients(in.q, in.k, in.v, out, exponents, in.g, heads);
}

std::vector<Tensor> gradients_by_definition(const Inputs& in, int64_t heads, at::ScalarType type) {
  const at::AutoGradMode grad(true);
  std::vector<Tensor> leaves;
  for (const Tensor& x : {in.q, in.k, in.v})
    leaves.push_back(x.to(type, /*non_blocking=*/false, /*copy=*/true).requires_grad_());
  set_fast_paths(false);
  attention(leaves[0], leaves[1], leaves[2], heads).backward(in.g.to(type));
  set_fast_paths(true);
  return {leaves[0].grad(), leaves[1].grad(), leaves[2].grad()};
}

/// Heads of SD (40, 80, 160, XL's 64), a prompt's keys, one query, depths that fill no vector.
TEST_P(Bf16AttentionGradient, IsThatOfTheDefinition) {
  for (const Sizes& s : {Sizes{1, 64, 64, 2, 40},
                         {2, 33, 77, 3, 8},
                         {1, 130, 200, 1, 80},
                         {1, 20, 5, 2, 6},
                         {1, 70, 100, 1, 160},
                         {2, 1, 300, 2, 64},
                         {1, 300, 49, 1, 2}}) {
    const Inputs in(s);
    const std::vector<Tensor> exact = gradients_by_definition(in, s.heads, at::kDouble);
    const auto found = gradients(in, s.heads);
    // Weights, their gradients and what comes out are rounded: three times half a unit in the last place of bf16.
    for (size_t i = 0; i < found.size(); ++i)
      EXPECT_LT(bf16_error(found[i], exact[i]), 1.5 / 256) << i << " of " << s.queries << " " << s.depth;
  }
}

/// Then a query's weights are nearly those of one key, and its gradients differences of nearly equal numbers. What all
/// have in common comes from the rounded result, so digits are lost; the definition in bf16 loses more.
TEST_P(Bf16AttentionGradient, OfScoresFarApartIsNearerThanTheDefinitionInBf16) {
  const Inputs in({1, 50, 60, 2, 40, 4});
  const auto found = gradients(in, 2);
  const std::vector<Tensor> exact = gradients_by_definition(in, 2, at::kDouble),
                            plain = gradients_by_definition(in, 2, at::kBFloat16);
  for (size_t i = 0; i < found.size(); ++i)
    EXPECT_LT(bf16_error(found[i], exact[i]), bf16_error(plain[i], exact[i])) << i;
}

TEST_P(Bf16AttentionGradient, OfOneKeyGoesToItsValueAlone) {
  const Inputs in({1, 90, 1, 1, 8});
  const auto [dq, dk, dv] = gradients(in, 1);
  EXPECT_LT(bf16_error(dv, in.g.to(at::kDouble).sum(1, true)), 1.0 / 256);
  // Its weight is 1 whatever the score: what is left is the rounding of the result.
  EXPECT_LT(dq.to(at::kFloat).abs().max().item<double>(), 0.1);
  EXPECT_LT(dk.to(at::kFloat).abs().max().item<double>(), 0.1 * 90);
}

TEST_P(Bf16AttentionGradient, DoesNotDependOnThreadsOrBatch) {
  const Inputs in({3, 100, 77, 2, 40});
  const auto expected = gradients(in, 2);
  const int threads = at::get_num_threads();
  for (const int count : {1, 2, 4}) {
    at::set_num_threads(count);
    const auto found = gradients(in, 2);
    for (size_t i = 0; i < 3; ++i) EXPECT_TRUE(at::equal(found[i], expected[i])) << count << " " << i;
  }
  at::set_num_threads(threads);
  Inputs one = in;
  for (Tensor* x : {&one.q, &one.k, &one.v, &one.g}) *x = x->narrow(0, 1, 1);
  const auto found = gradients(one, 2);
  for (size_t i = 0; i < 3; ++i) EXPECT_TRUE(at::equal(found[i], expected[i].narrow(0, 1, 1))) << i;
}

INSTANTIATE_TEST_SUITE_P(, Bf16AttentionGradient, kAllBf16Kernels, name_of);

}  // namespace
}  // namespace darkroom::layers
