#include "layers/bf16_attention.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <cmath>

#include "layers/attention.h"
#include "layers/bf16_cases.h"
#include "layers/fast_paths.h"

namespace darkroom::layers {
namespace {

using Bf16Attention = Bf16Test;

Tensor exact_attention(const Tensor& q, const Tensor& k, const Tensor& v, int64_t heads) {
  const auto by_head = [&](const Tensor& x) {
    return x.to(at::kDouble).view({x.size(0), x.size(1), heads, x.size(2) / heads}).transpose(1, 2);
  };
  const Tensor scores = at::matmul(by_head(q), by_head(k).transpose(2, 3)) / std::sqrt(double(q.size(2) / heads));
  return at::matmul(at::softmax(scores, -1), by_head(v)).transpose(1, 2).reshape(q.sizes());
}

/// Length of the difference by length of the whole.
double relative_length(const Tensor& ours, const Tensor& exact) {
  return ((ours.to(at::kDouble) - exact).norm() / exact.norm()).item<double>();
}

TEST_P(Bf16Attention, IsSoftmaxOverAnyShape) {
  struct Shape {
    int64_t batch, heads, queries, keys, depth;
  };
  for (const Shape& c :
       {Shape{1, 1, 1, 1, 2}, Shape{2, 8, 70, 70, 40}, Shape{1, 2, 33, 77, 80}, Shape{1, 2, 130, 600, 64},
        Shape{2, 1, 17, 255, 160}, Shape{1, 3, 5, 258, 6}, Shape{1, 1, 64, 3, 32}}) {
    const Tensor q = bf16_numbers({c.batch, c.queries, c.heads * c.depth}),
                 k = bf16_numbers({c.batch, c.keys, c.heads * c.depth}),
                 v = bf16_numbers({c.batch, c.keys, c.heads * c.depth});
    ASSERT_TRUE(can_use_bf16_attention(q, k, v, c.heads));
    // Rounding weights and results to bf16 costs 1.7e-3 each at most; the measured kernels of others 2.1 to 2.7e-3.
    EXPECT_LT(relative_length(bf16_attention(q, k, v, c.heads), exact_attention(q, k, v, c.heads)), 3e-3)
        << c.queries << " x " << c.keys << ", depth " << c.depth;
  }
}

TEST_P(Bf16Attention, LargeScoresMoveTheReference) {
  for (const double scale : {4.0, 10.0, 30.0}) {  // scores of up to thousands
    const Tensor q = bf16_numbers({1, 40, 40}, scale), k = bf16_numbers({1, 700, 40}, scale),
                 v = bf16_numbers({1, 700, 40});
    EXPECT_LT(relative_length(bf16_attention(q, k, v, 1), exact_attention(q, k, v, 1)), 3e-3) << scale;
  }
}

TEST_P(Bf16Attention, RisingAndFallingScores) {
  const Tensor line = at::linspace(-300, 300, 520).view({1, 520, 1}).expand({1, 520, 8}).to(at::kBFloat16);
  const Tensor q = at::ones({1, 3, 8}, at::kBFloat16), v = bf16_numbers({1, 520, 8});
  for (const Tensor& k : {line, line.flip(1)})
    EXPECT_LT(relative_length(bf16_attention(q, k, v, 1), exact_attention(q, k, v, 1)), 3e-3);
}

TEST_P(Bf16Attention, FewFarNegativeScores) {  // keys that fill up a tile must not outweigh them
  const Tensor q = at::full({1, 2, 4}, 50, at::kBFloat16), k = at::full({1, 3, 4}, -50, at::kBFloat16);
  const Tensor v = bf16_numbers({1, 3, 4});
  EXPECT_LT(relative_length(bf16_attention(q, k, v, 1), exact_attention(q, k, v, 1)), 3e-3);
}

TEST_P(Bf16Attention, WhatIsNoNumberStaysNone) {
  Tensor q = bf16_numbers({1, 4, 8});
  q[0][1][2] = std::numeric_limits<float>::quiet_NaN();
  const Tensor y = bf16_attention(q, bf16_numbers({1, 20, 8}), bf16_numbers({1, 20, 8}), 1);
  EXPECT_TRUE(y[0][1].isnan().all().item<bool>());
  EXPECT_FALSE(y[0][0].isnan().any().item<bool>());
}

TEST_P(Bf16Attention, SameBitsInEveryBatchAndForAllThreads) {
  const Tensor q = bf16_numbers({2, 150, 80}), k = bf16_numbers({2, 90, 80}), v = bf16_numbers({2, 90, 80});
  const Tensor all = bf16_attention(q, k, v, 2);
  const int threads = at::get_num_threads();
  for (const int count : {1, 2, 4}) {
    at::set_num_threads(count);
    EXPECT_TRUE(at::equal(bf16_attention(q, k, v, 2), all)) << count << " threads";
  }
  at::set_num_threads(threads);
  for (int64_t i = 0; i < 2; ++i) {
    const auto one = [&](const Tensor& x) { return x.narrow(0, i, 1); };
    EXPECT_TRUE(at::equal(bf16_attention(one(q), one(k), one(v), 2), one(all)));
    EXPECT_TRUE(at::equal(bf16_attention(one(q).narrow(1, 60, 50), one(k), one(v), 2), one(all).narrow(1, 60, 50)));
  }
}

TEST_P(Bf16Attention, StandsInForThePlainPath) {
  const Tensor q = bf16_numbers({2, 30, 64}), k = bf16_numbers({2, 77, 64}), v = bf16_numbers({2, 77, 64});
  const Tensor ours = attention(q, k, v, 4);
  EXPECT_TRUE(at::equal(ours, bf16_attention(q, k, v, 4)));
  set_fast_paths(false);
  const Tensor plain = attention(q, k, v, 4);
  set_fast_paths(true);
  const Tensor exact = exact_attention(q, k, v, 4);
  EXPECT_LT(relative_length(plain, exact), 2e-3) << "the definition rounds its result alone";
  EXPECT_LT(relative_length(ours, exact), 3e-3) << "ours the weights, too";
}

TEST_P(Bf16Attention, LargeScoresAreNotRoundedByEitherPath) {
  const Tensor q = bf16_numbers({1, 16, 32}, 4), k = bf16_numbers({1, 16, 32}, 4), v = bf16_numbers({1, 16, 32});
  const Tensor exact = exact_attention(q, k, v, 1);
  EXPECT_LT(bf16_error(attention(q, k, v, 1), exact), 1.0 / 128);
  set_fast_paths(false);
  EXPECT_LT(bf16_error(attention(q, k, v, 1), exact), 1.0 / 128);
  set_fast_paths(true);
}

INSTANTIATE_TEST_SUITE_P(, Bf16Attention, kAllBf16Kernels, name_of);

}  // namespace
}  // namespace darkroom::layers
