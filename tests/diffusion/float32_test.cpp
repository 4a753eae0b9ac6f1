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

TEST(Float32, LogIsWithinOneUnitInTheLastPlace) {
  EXPECT_EQ(float32_log(1), 0);
  for (float x = 1e-6f; x < 1e6f; x *= 1.0173f) {
    const float exact = float(std::log(double(x))), result = float32_log(x);
    EXPECT_GE(result, std::nextafter(exact, -INFINITY)) << x;
    EXPECT_LE(result, std::nextafter(exact, INFINITY)) << x;
  }
}

TEST(Float32, PowIsWithinOneUnitInTheLastPlace) {
  for (const float exponent : {0.2f, 1.0f, 5.0f, 7.0f, 7.3f}) {
    std::vector<float> bases;
    for (float x = 0.1f; x < 10; x *= 1.0173f) bases.push_back(x);
    const std::vector<float> powers = float32_pow(bases, exponent);
    ASSERT_EQ(powers.size(), bases.size());
    for (size_t i = 0; i < bases.size(); ++i) {
      const float exact = float(std::pow(double(bases[i]), double(exponent)));
      EXPECT_GE(powers[i], std::nextafter(exact, 0.0f)) << bases[i];
      EXPECT_LE(powers[i], std::nextafter(exact, INFINITY)) << bases[i];
    }
  }
}

TEST(Float32, BitsOfTorchWhereItsKernelsDoNotRoundCorrectly) {
  EXPECT_EQ(float32_log(0.0249138493f), -3.69233155f);
  EXPECT_EQ(float32_log(0.418621093f), -0.870789111f);
  EXPECT_EQ(float32_log(0.420259029f), -0.866884053f);
  EXPECT_EQ(float32_exp(-15.959281f), 1.17212068e-07f);
  EXPECT_EQ(float32_exp(-15.1590023f), 2.6093295e-07f);
  const float bases[] = {0.574944496f, 0.57496202f, 0.575029552f},
              powers[] = {0.0207673684f, 0.0207717996f, 0.0207888838f};
  for (int i = 0; i < 3; ++i) {
    // In a tensor of 16 the vector kernel computes it, in one of 15 the C library.
    EXPECT_EQ(float32_pow(std::vector<float>(16, bases[i]), 7), std::vector<float>(16, powers[i]));
    EXPECT_NE(float32_pow(std::vector<float>(15, bases[i]), 7)[0], powers[i]);
  }
}
}  // namespace
}  // namespace darkroom::diffusion
