#include "diffusion/float32.h"

#include <cmath>

namespace darkroom::diffusion {
namespace {

/// Values in one turn of the vector loops: two vectors of eight. What is left over takes the scalar path.
constexpr int kVector = 8;
int in_vectors(int n) {
  return n / (2 * kVector) * (2 * kVector);
}

/// An unevaluated sum of two float32: `low` holds what rounding took from `high`. Operations round as SLEEF's do; a
/// more exact one would give other bits.
struct Double {
  float high, low;
};

Double sum(float a, float b) {
  const float high = a + b, part = high - a;
  return {high, (a - (high - part)) + (b - part)};
}

Double sum(Double a, Double b) {
  const Double high = sum(a.high, b.high);
  return {high.high, high.low + (a.low + b.low)};
}

Double sum(Double a, float b) {
  const Double high = sum(a.high, b);
  return {high.high, high.low + a.low};
}

/// Requires: |a| >= |b|, or a is 0.
Double ordered_sum(Double a, Double b) {
  const float high = a.high + b.high;
  return {high, (((a.high - high) + b.high) + a.low) + b.low};
}

Double product(Double a, Double b) {
  const float high = a.high * b.high;
  return {high, std::fma(a.high, b.low, std::fma(a.low, b.high, std::fma(a.high, b.high, -high)))};
}

Double product(Double a, float b) {
  const float high = a.high * b;
  return {high, std::fma(a.low, b, std::fma(a.high, b, -high))};
}

Double square(Double a) {
  const float high = a.high * a.high;
  return {high, std::fma(a.high + a.high, a.low, std::fma(a.high, a.high, -high))};
}

Double quotient(Double a, Double b) {
  const float inverse = 1 / b.high, high = a.high * inverse;
  const float lost = std::fma(inverse, a.high, -high);
  const float error = std::fma(-b.low, inverse, std::fma(-b.high, inverse, 1.0f));
  return {high, std::fma(high, error, std::fma(a.low, inverse, lost))};
}

constexpr Double kLn2 = {0.693147182f, -1.90465432e-9f};
constexpr float kPerLn2 = 1.44269504f;

/// x = mantissa * 2^exponent with the mantissa in [0.75, 1.5), and its ratio (mantissa - 1) / (mantissa + 1), of which
/// ln(mantissa) is 2 atanh.
struct LogParts {
  Double exponent_ln2, ratio;
};

LogParts log_parts(float x) {
  const int exponent = std::ilogb(x * (1 / 0.75f));
  const float mantissa = std::ldexp(x, -exponent);
  return {product(kLn2, float(exponent)), quotient(sum(-1, mantissa), sum(1, mantissa))};
}

Double doubled(Double a) {
  return {a.high * 2, a.low * 2};
}

/// ln(x) to about twice float32's precision.
Double long_log(float x) {
  const auto [exponent_ln2, ratio] = log_parts(x);
  const Double ratio2 = square(ratio);
  float u = 0.240320355f;
  for (const float c : {0.285112679f, 0.400007993f}) u = std::fma(u, ratio2.high, c);
  const Double third = {0.666666627f, 3.69183861e-9f};
  const Double tail = product(product(ratio2, ratio), sum(product(ratio2, u), third));
  return ordered_sum(ordered_sum(exponent_ln2, doubled(ratio)), tail);
}

/// exp(x) of a long x, rounded to float32.
float long_exp(Double x) {
  const float q = std::nearbyint((x.high + x.low) * kPerLn2);
  const Double rest = sum(sum(x, q * -0.693145752f), q * -1.42860677e-6f);
  const Double s = ordered_sum({rest.high, 0}, {rest.low, 0});
  float u = 0.00136324647f;
  for (const float c : {0.00836596917f, 0.0416710824f, 0.166665524f, 0.499999851f}) u = std::fma(u, s.high, c);
  const Double power = ordered_sum({1, 0}, ordered_sum(s, product(square(s), u)));
  return std::ldexp(power.high + power.low, int(q));
}

}  // namespace

std::vector<float> float32_linspace(float start, float end, int n) {
  std::vector<float> values(n, start);
  if (n == 1) return values;
  const float step = (end - start) / float(n - 1);
  // From the nearer end, rounded once.
  const auto from_nearer_end = [&](int i) {
    return i < n / 2 ? std::fma(float(i), step, start) : std::fma(-float(n - 1 - i), step, end);
  };
  for (int i = 0; i < n; ++i) {
    // Inside a vector the kernel counts from the vector's first element.
    const int k = i < in_vectors(n) ? i % kVector : 0;
    values[i] = from_nearer_end(i - k);
    if (k > 0) {
      const float offset = float(k) * step;
      values[i] += offset;
    }
  }
  return values;
}

float float32_exp(float x) {
  // exp(x) = 2^q exp(s), |s| <= ln(2) / 2, with ln(2) in two parts and a polynomial of degree 7.
  const float q = std::nearbyint(x * kPerLn2);
  const float s = std::fma(q, -1.42860677e-6f, std::fma(q, -0.693145752f, x));
  float u = 0.000198527618f;
  for (const float c : {0.00139304355f, 0.00833336078f, 0.0416664854f, 0.166666672f, 0.5f}) u = std::fma(u, s, c);
  const float square = s * s;
  return std::ldexp(1.0f + std::fma(square, u, s), int(q));
}

float float32_log(float x) {
  const auto [exponent_ln2, ratio] = log_parts(x);
  const float ratio2 = ratio.high * ratio.high;
  float u = 0.302729487f;
  for (const float c : {0.399610817f, 0.666669488f}) u = std::fma(u, ratio2, c);
  const float tail = ratio2 * ratio.high * u;
  const Double log = ordered_sum(ordered_sum(exponent_ln2, doubled(ratio)), {tail, 0});
  return log.high + log.low;
}

std::vector<float> float32_pow(std::vector<float> values, float exponent) {
  const int n = int(values.size());
  for (int i = 0; i < n; ++i) {
    const bool is_scalar = i >= in_vectors(n);
    values[i] = is_scalar ? std::pow(values[i], exponent) : long_exp(product(long_log(values[i]), exponent));
  }
  return values;
}

}  // namespace darkroom::diffusion
