#include "diffusion/float32.h"

#include <cmath>

namespace darkroom::diffusion {

std::vector<float> float32_linspace(float start, float end, int n) {
  std::vector<float> values(n, start);
  if (n == 1) return values;
  const float step = (end - start) / float(n - 1);
  // From the nearer end, rounded once, so that both ends are exact.
  const auto from_nearer_end = [&](int i) {
    return i < n / 2 ? std::fma(float(i), step, start) : std::fma(-float(n - 1 - i), step, end);
  };
  // The kernel takes two vectors of 8 at a time; inside a vector it counts from the vector's first element.
  constexpr int kVector = 8;
  const int in_vectors = n / (2 * kVector) * (2 * kVector);
  for (int i = 0; i < n; ++i) {
    const int k = i < in_vectors ? i % kVector : 0;
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
  const float q = std::nearbyint(x * 1.44269504f);
  float s = std::fma(q, -0.693145752f, x);
  s = std::fma(q, -1.42860677e-6f, s);
  float u = 0.000198527618f;
  for (const float c : {0.00139304355f, 0.00833336078f, 0.0416664854f, 0.166666672f, 0.5f}) u = std::fma(u, s, c);
  const float square = s * s;
  return std::ldexp(1.0f + std::fma(square, u, s), int(q));
}

float float32_log(float x) {
  return float(std::log(double(x)));
}

float float32_pow(float x, double exponent) {
  return float(std::pow(double(x), exponent));
}

}  // namespace darkroom::diffusion
