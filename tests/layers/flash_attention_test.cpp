#include "layers/flash_attention.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <cmath>

#include "layers/attention.h"
#include "layers/fast_paths.h"

namespace darkroom::layers {
namespace {

struct AttentionShape {
  int64_t batch, queries, keys, heads, depth;
};

struct Operands {
  Tensor q, k, v;
};

Operands operands(const AttentionShape& shape, double spread = 1) {
  at::manual_seed(1);
  const int64_t width = shape.heads * shape.depth;
  return {at::randn({shape.batch, shape.queries, width}) * spread, at::randn({shape.batch, shape.keys, width}) * spread,
          at::randn({shape.batch, shape.keys, width})};
}

Tensor plain(const Operands& o, int64_t heads) {
  NoGrad guard;
  set_fast_paths(false);
  const Tensor out = attention(o.q.to(at::kDouble), o.k.to(at::kDouble), o.v.to(at::kDouble), heads);
  set_fast_paths(true);
  return out;
}

double relative_error(const Tensor& found, const Tensor& expected) {
  return ((found - expected).norm() / expected.norm()).item<double>();
}

// The depths of every published model, sizes around the blocks the kernel works in, and one of everything.
TEST(FlashAttention, IsTheDefinition) {
  for (const AttentionShape& shape : {AttentionShape{2, 256, 256, 2, 40},
                                      {1, 100, 77, 3, 64},
                                      {2, 64, 64, 2, 80},
                                      {1, 33, 300, 1, 160},
                                      {1, 70, 505, 1, 512},
                                      {3, 1, 1, 1, 1},
                                      {1, 15, 125, 2, 7},
                                      {1, 17, 126, 2, 13},
                                      {1, 64, 127, 1, 6},
                                      {1, 5, 252, 2, 5}}) {
    const Operands o = operands(shape);
    const double error = relative_error(flash_attention(o.q, o.k, o.v, shape.heads), plain(o, shape.heads));
    EXPECT_LE(error, 2e-6) << shape.queries << " x " << shape.keys << ", " << shape.depth;
  }
}

// The same source is compiled for every kind of vectors, down to none; the processor's best is what other tests use.
TEST(FlashAttention, IsTheDefinitionWithOlderVectorsToo) {
  const AttentionShape shape{1, 67, 130, 2, 13};
  const Operands o = operands(shape);
  const Tensor expected = plain(o, shape.heads);
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    EXPECT_LE(relative_error(flash_attention(o.q, o.k, o.v, shape.heads), expected), 2e-6) << hwy::TargetName(target);
  }
  hwy::SetSupportedTargetsForTest(0);
}

// Scores far apart: the largest comes late and what was added up before must follow.
TEST(FlashAttention, HoldsWithLargeScores) {
  for (const double spread : {4.0, 20.0}) {
    Operands o = operands({1, 40, 600, 2, 32}, spread);
    o.k.narrow(1, 590, 10).mul_(3);
    EXPECT_LE(relative_error(flash_attention(o.q, o.k, o.v, 2), plain(o, 2)), 2e-5) << spread;
  }
}

// The powers of two are our own: over all differences of scores that matter, and what is no number stays seen.
TEST(FlashAttention, WeighsEveryDifferenceOfScores) {
  const int64_t count = 4000;
  const Tensor q = at::ones({1, count, 1}) * at::linspace(0, 87, count).view({1, count, 1});
  const Tensor k = at::tensor({0.f, -1.f}).view({1, 2, 1}), v = at::tensor({0.f, 1.f}).view({1, 2, 1});
  const Tensor found = flash_attention(q, k, v, 1), exact = at::sigmoid(-q.to(at::kDouble));
  // Near the end the exponent itself is rounded: 87 times half a last digit.
  EXPECT_LT(((found - exact) / exact).abs().max().item<double>(), 1e-5);
  EXPECT_LT(((found - exact) / exact).abs().narrow(1, 0, 400).max().item<double>(), 1e-6);
  EXPECT_TRUE(std::isnan(flash_attention(q, at::full({1, 2, 1}, NAN), v, 1)[0][7].item<double>()));
}

TEST(FlashAttention, TakesOperandsThatDoNotLieOneAfterAnother) {
  const Operands o = operands({2, 50, 60, 2, 24});
  const Tensor q = at::cat({o.q, o.q}, 2).narrow(2, 0, 48), k = o.k.transpose(0, 1).contiguous().transpose(0, 1);
  EXPECT_TRUE(flash_attention(q, k, o.v, 2).equal(flash_attention(o.q, o.k, o.v, 2)));
}

TEST(FlashAttention, IsTheSameForEveryNumberOfThreadsAndEveryBatchToTheBit) {
  const Operands o = operands({3, 130, 90, 2, 40});
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const Tensor one = flash_attention(o.q, o.k, o.v, 2);
  for (const int n : {2, 4}) {
    at::set_num_threads(n);
    EXPECT_TRUE(flash_attention(o.q, o.k, o.v, 2).equal(one)) << n;
  }
  at::set_num_threads(threads);
  for (int64_t i = 0; i < 3; ++i) {
    const auto image = [&](const Tensor& x) { return x.narrow(0, i, 1); };
    EXPECT_TRUE(flash_attention(image(o.q), image(o.k), image(o.v), 2).equal(image(one)));
  }
}

TEST(FlashAttention, IsTakenOnlyWhereItMayBe) {
  const Operands o = operands({1, 20, 20, 2, 8});
  EXPECT_TRUE(can_flash(o.q, o.k, o.v));
  EXPECT_FALSE(can_flash(o.q.to(at::kBFloat16), o.k, o.v));
  EXPECT_FALSE(can_flash(o.q, o.k.to(at::kDouble), o.v));
  NoGrad guard;
  const Tensor flash = flash_attention(o.q, o.k, o.v, 2);
  EXPECT_TRUE(attention(o.q, o.k, o.v, 2).equal(flash));
  set_fast_paths(false);
  EXPECT_FALSE(fast_paths());
  EXPECT_FALSE(attention(o.q, o.k, o.v, 2).equal(flash));  // sums in another order
  set_fast_paths(true);
  at::AutoGradMode gradients(true);
  const Tensor q = o.q.clone().requires_grad_();
  EXPECT_TRUE(attention(q, o.k, o.v, 2).requires_grad());
}

}  // namespace
}  // namespace darkroom::layers
