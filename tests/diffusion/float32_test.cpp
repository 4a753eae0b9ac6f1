#include "diffusion/float32.h"

#include <gtest/gtest.h>

#include <cmath>

namespace darkroom::diffusion {
namespace {

TEST(Float32, LinspaceGoesEvenlyFromEndToEnd) {
  EXPECT_EQ(float32_linspace(3, 7, 1), std::vector<float>{3});
  for (const int n : {2, 3, 15, 16, 17, 31, 32, 33, 1000}) {
    const std::vector<float> values = float32_linspace(14.6146421f, 0.0291675329f, n);
    ASSERT_EQ(values.size(), n);
    EXPECT_EQ(values.front(), 14.6146421f);
    if (n % 16 != 0) {
      EXPECT_EQ(values.back(), 0.0291675329f);
    }
    for (int i = 0; i < n; ++i)
      EXPECT_NEAR(values[i], 14.6146421 + i * (0.0291675329 - 14.6146421) / (n - 1), 3e-6) << i << " of " << n;
  }
}

TEST(Float32, LinspaceCountsFromTheFirstOfEachEight) {
  // 0.1 * i rounded once differs from 8 * 0.1 (rounded) + 3 * 0.1 (rounded) at i = 11.
  const std::vector<float> values = float32_linspace(0, 3.1f, 32);
  const float step = 3.1f / 31, first = 8 * step, offset = 3 * step;
  EXPECT_EQ(values[11], first + offset);
}

TEST(Float32, ExpIsWithinOneUnitInTheLastPlace) {
  EXPECT_EQ(float32_exp(0), 1);
  for (float x = -20; x < 20; x += 0.0173f) {
    const float exact = float(std::exp(double(x))), result = float32_exp(x);
    EXPECT_GE(result, std::nextafter(exact, 0.0f)) << x;
    EXPECT_LE(result, std::nextafter(exact, INFINITY)) << x;
  }
}

TEST(Float32, LogAndPowAreRoundedOnce) {
  EXPECT_EQ(float32_log(1), 0);
  EXPECT_EQ(float32_log(14.6146421f), 2.68202400f);
  EXPECT_EQ(float32_pow(2, 7), 128);
  EXPECT_EQ(float32_pow(1.1f, 7), 1.94871736f);
}

}  // namespace
}  // namespace darkroom::diffusion
