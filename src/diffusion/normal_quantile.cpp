#include "diffusion/normal_quantile.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "diffusion/wide.h"

namespace darkroom::diffusion {
namespace {

using Polynomial = std::array<double, 8>;  // lowest power first

constexpr Polynomial kMiddle = {3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3,
                                1.3731693765509461125e4, 4.5921953931549871457e4, 6.7265770927008700853e4,
                                3.3430575583588128105e4, 2.5090809287301226727e3};
constexpr Polynomial kMiddleBelow = {1.0,
                                     4.2313330701600911252e1,
                                     6.8718700749205790830e2,
                                     5.3941960214247511077e3,
                                     2.1213794301586595867e4,
                                     3.9307895800092710610e4,
                                     2.8729085735721942674e4,
                                     5.2264952788528545610e3};
constexpr Polynomial kNear = {1.42343711074968357734e0,  4.63033784615654529590e0, 5.76949722146069140550e0,
                              3.64784832476320460504e0,  1.27045825245236838258e0, 2.41780725177450611770e-1,
                              2.27238449892691845833e-2, 7.74545014278341407640e-4};
constexpr Polynomial kNearBelow = {1.0,
                                   2.05319162663775882187e0,
                                   1.67638483018380384940e0,
                                   6.89767334985100004550e-1,
                                   1.48103976427480074590e-1,
                                   1.51986665636164571966e-2,
                                   5.47593808499534494600e-4,
                                   1.05075007164441684324e-9};
constexpr Polynomial kFar = {6.65790464350110377720e0,  5.46378491116411436990e0,  1.78482653991729133580e0,
                             2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
                             2.71155556874348757815e-5, 2.01033439929228813265e-7};
constexpr Polynomial kFarBelow = {1.0,
                                  5.99832206555887937690e-1,
                                  1.36929880922735805310e-1,
                                  1.48753612908506148525e-2,
                                  7.86869131145613259100e-4,
                                  1.84631831751005468180e-5,
                                  1.42151175831644588870e-7,
                                  2.04426310338993978564e-15};

// Of the series of artanh, highest power first.
constexpr std::array<double, 11> kOdd = {1.0 / 21, 1.0 / 19, 1.0 / 17, 1.0 / 15, 1.0 / 13, 1.0 / 11,
                                         1.0 / 9,  1.0 / 7,  1.0 / 5,  1.0 / 3,  1.0};

inline double ratio(const Polynomial& above, const Polynomial& below, double x) {
  double a = above[7], b = below[7];
#pragma GCC unroll 7
  for (int i = 6; i >= 0; --i) {
    a = a * x + above[i];
    b = b * x + below[i];
  }
  return a / b;
}

inline double log_of(double x) {
  constexpr double kLn2 = 0.693147180559945309417, kRootHalf = 0.70710678118654752440;
  // Without a branch or a conversion of whole numbers, so that loops over it can use vectors: a small whole number in
  // the low bits of 2^52 is added to it.
  const std::uint64_t bits = std::bit_cast<std::uint64_t>(x);
  const double biased = std::bit_cast<double>((bits >> 52) | 0x4330000000000000u) - 0x1p52;
  const double upper = std::bit_cast<double>((bits & 0x000fffffffffffffu) | 0x3fe0000000000000u);  // 0.5 to 1
  const bool is_small = upper < kRootHalf;
  const double mantissa = is_small ? 2 * upper : upper, exponent = is_small ? biased - 1023 : biased - 1022;
  // ln m = 2 artanh((m - 1) / (m + 1)), whose argument is at most 0.172.
  const double s = (mantissa - 1) / (mantissa + 1), square = s * s;
  double sum = 0;
#pragma GCC unroll 11
  for (int i = 0; i < 11; ++i) sum = sum * square + kOdd[size_t(i)];
  return 2 * s * sum + exponent * kLn2;
}

}  // namespace

double portable_log(double x) {
  return log_of(x);
}

double normal_quantile(double p) {
  const double q = p - 0.5;
  if (std::abs(q) <= 0.425) return q * ratio(kMiddle, kMiddleBelow, 0.180625 - q * q);
  const double r = std::sqrt(-log_of(q < 0 ? p : 1 - p));
  const double z = r <= 5 ? ratio(kNear, kNearBelow, r - 1.6) : ratio(kFar, kFarBelow, r - 5);
  return q < 0 ? -z : z;
}

DARKROOM_WIDE void normal_quantiles(const std::uint32_t* words, std::int64_t count, float* out) {
  // In pieces, without a branch where vectors can be used: the middle's formula for all, then the tails, gathered. With
  // 32 bits p is never so small that the far tail's formula would serve it.
  constexpr std::int64_t kPiece = 256;
  std::array<double, kPiece> tails;
  std::array<std::int64_t, kPiece> places;
  for (std::int64_t first = 0; first < count; first += kPiece) {
    const std::int64_t end = std::min(first + kPiece, count);
    for (std::int64_t i = first; i < end; ++i) {
      const double q = (words[i] + 0.5) * 0x1p-32 - 0.5;
      out[i] = float(q * ratio(kMiddle, kMiddleBelow, 0.180625 - q * q));
    }
    std::int64_t found = 0;
    for (std::int64_t i = first; i < end; ++i) {
      const double p = (words[i] + 0.5) * 0x1p-32;
      places[found] = i;
      tails[found] = p;
      found += std::abs(p - 0.5) > 0.425;
    }
    for (std::int64_t k = 0; k < found; ++k) {
      const double p = tails[k], r = std::sqrt(-log_of(std::min(p, 1 - p)));
      tails[k] = std::copysign(ratio(kNear, kNearBelow, r - 1.6), p - 0.5);
    }
    for (std::int64_t k = 0; k < found; ++k) out[places[k]] = float(tails[k]);
  }
}

}  // namespace darkroom::diffusion
