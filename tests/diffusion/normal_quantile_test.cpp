#include "diffusion/normal_quantile.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace darkroom::diffusion {
namespace {

TEST(NormalQuantile, IsTheInverseOfTheDistribution) {
  for (const double p :
       {1e-300, 1e-30, 1.2e-10, 1e-5, 0.01, 0.074, 0.076, 0.3, 0.5, 0.7, 0.924, 0.926, 0.99, 1 - 1e-10}) {
    const double z = normal_quantile(p), found = 0.5 * std::erfc(-z / std::sqrt(2.0));
    EXPECT_NEAR(found / p, 1, 1e-11 * std::max(1.0, z * z)) << p;
  }
  EXPECT_EQ(normal_quantile(0.5), 0);
  EXPECT_EQ(normal_quantile(0.25), -normal_quantile(0.75));
}

// Python's statistics.NormalDist().inv_cdf, which is the same algorithm with the C library's logarithm.
TEST(NormalQuantile, KnownValues) {
  EXPECT_DOUBLE_EQ(normal_quantile(0.975), 1.9599639845400536);
  EXPECT_DOUBLE_EQ(normal_quantile(1e-9), -5.997807015007686);
  EXPECT_DOUBLE_EQ(normal_quantile(0.1), -1.2815515655446008);
}

TEST(NormalQuantile, ManyAtOnceAreTheSame) {
  std::vector<std::uint32_t> words = {0, 1, 0x80000000u, 0x7fffffffu, ~0u};
  for (std::uint32_t i = 1; i < 2000; ++i) words.push_back(i * 2654435761u);
  std::vector<float> found(words.size());
  normal_quantiles(words.data(), std::int64_t(words.size()), found.data());
  for (size_t i = 0; i < words.size(); ++i)
    EXPECT_EQ(found[i], float(normal_quantile((words[i] + 0.5) * 0x1p-32))) << words[i];
}

TEST(PortableLog, IsTheLogarithm) {
  for (double x = 1e-300; x < 1e300; x *= 37.3)
    EXPECT_NEAR(portable_log(x), std::log(x), 4e-16 * std::abs(std::log(x)) + 1e-16);
  EXPECT_EQ(portable_log(1), 0);
}

}  // namespace
}  // namespace darkroom::diffusion
