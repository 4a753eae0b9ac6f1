#include "adapters/low_rank.h"

#include "adapters/adapters.h"
#include "adapters/delta.h"

namespace darkroom::adapters {
namespace {

Tensor product(const LowRank& factors) {
  return at::matmul(factors.up, factors.down);
}

bool close(const Tensor& a, const Tensor& b, double tolerance = 1e-6) {
  return a.sizes() == b.sizes() && (a - b).abs().max().item<double>() < tolerance;
}

AdapterModule lora(int64_t rank, uint64_t seed, double alpha) {
  return module_of({{"lora_up.weight", numbers({12, rank}, seed)},
                    {"lora_down.weight", numbers({rank, 10}, seed + 1)},
                    {"alpha", scalar_tensor(alpha)}});
}

TEST(LowRank, StacksExactly) {
  const AdapterModule a = lora(3, 1, 2), b = lora(2, 3, 5);
  const LowRank sum = stacked({low_rank_of(a, 0.7), low_rank_of(b, -0.4)});
  EXPECT_EQ(sum.rank(), 5);
  const Tensor weight = at::zeros({12, 10});
  EXPECT_TRUE(close(product(sum), change(a, weight, {0.7}).weight + change(b, weight, {-0.4}).weight));
}

TEST(LowRank, TruncationIsTheNearestOfItsRank) {
  const LowRank whole{numbers({12, 5}, 1), numbers({5, 10}, 2)};
  Kept thin_kept, full_kept;
  const LowRank thin = truncated(whole, 3, 1, thin_kept), full = truncated(product(whole), 3, 1, full_kept);
  EXPECT_EQ(thin.rank(), 3);
  EXPECT_TRUE(close(product(thin), product(full)));
  EXPECT_NEAR(thin_kept.kept / thin_kept.all, full_kept.kept / full_kept.all, 1e-6);
  // Eckart and Young: what is lost is exactly the singular values left out.
  const double lost = (product(whole) - product(thin)).square().sum().item<double>();
  EXPECT_NEAR(lost, thin_kept.all - thin_kept.kept, 1e-6);
  Kept all;
  EXPECT_TRUE(close(product(truncated(whole, 5, 1, all)), product(whole)));
  EXPECT_NEAR(all.kept, all.all, 1e-9);
}

TEST(LowRank, KeepsTheSmallestRankThatIsEnough) {
  // Singular values 3, 2, 1: shares of the norm 0.80, 0.96, 1.
  const LowRank whole{at::eye(12).narrow(1, 0, 3) * at::tensor({3.f, 2.f, 1.f}), at::eye(10).narrow(0, 0, 3)};
  const auto rank = [&](double share, int64_t limit = 9) {
    Kept kept;
    return truncated(whole, limit, share, kept).rank();
  };
  EXPECT_EQ(rank(0), 1);
  EXPECT_EQ(rank(0.79), 1);
  EXPECT_EQ(rank(0.81), 2);
  EXPECT_EQ(rank(0.97), 3);
  EXPECT_EQ(rank(0.97, 2), 2);
}

TEST(LowRank, OtherKindsAreNone) {
  EXPECT_TRUE(is_low_rank(lora(2, 1, 1)));
  EXPECT_FALSE(is_low_rank(module_of({{"diff", at::ones({4, 4})}})));
  EXPECT_FALSE(is_low_rank(module_of({{"lora_up.weight", at::ones({4, 2})},
                                      {"lora_down.weight", at::ones({2, 4})},
                                      {"dora_scale", at::ones({4, 1})}})));
}

}  // namespace
}  // namespace darkroom::adapters
