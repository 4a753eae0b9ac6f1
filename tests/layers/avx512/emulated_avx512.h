// AVX-512 and AVX512-BF16 for processors without them, included before each kernel that is compiled for the test
// layers_avx512: its operations by SIMDe, and here those SIMDe 0.7.4 lacks, number by number as Intel's intrinsics
// guide says. Slow, and exact.
#pragma once

#include <hwy/base.h>
#include <immintrin.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>

#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx2.h>
#include <simde/x86/avx512.h>
#include <simde/x86/fma.h>

// The compiler would compute with AVX-512 where a function is said to be for it.
#undef HWY_PUSH_ATTRIBUTES
#define HWY_PUSH_ATTRIBUTES(targets) HWY_PRAGMA(GCC push_options)
#define DARKROOM_BF16_ATTRIBUTES _Pragma("GCC push_options")

// SIMDe names four parameters of two.
#undef _mm512_madd_epi16
#define _mm512_madd_epi16(a, b) simde_mm512_madd_epi16(a, b)

namespace darkroom {

inline bool emulated_cpu_has_bf16() {
  return true;
}

}  // namespace darkroom
#define cpu_has_bf16 emulated_cpu_has_bf16

namespace darkroom::emulated_avx512 {

using Floats = std::array<float, 16>;
using Ints = std::array<std::int32_t, 16>;
using Halves = std::array<std::uint16_t, 16>;

template <class To, class From>
To bits_as(const From& from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  std::memcpy(&to, &from, sizeof to);
  return to;
}

template <class To, class Result, class From, class Convert>
Result each(const From& from, Convert convert) {
  To to;
  std::transform(from.begin(), from.end(), to.begin(), convert);
  return bits_as<Result>(to);
}

inline unsigned char is_zero(__mmask16 a, __mmask16 b) {
  return __mmask16(a | b) == 0;
}

inline unsigned char is_full(__mmask16 a, __mmask16 b) {
  return __mmask16(a | b) == 0xffff;
}

inline __m512 floats(__m512i x) {
  return each<Floats, __m512>(bits_as<Ints>(x), [](std::int32_t one) { return float(one); });
}

/// Towards zero; what does not fit is 0x80000000, as the processor has it.
inline __m512i cut_off(__m512 x) {
  return each<Ints, __m512i>(bits_as<Floats>(x), [](float one) { return _mm_cvttss_si32(_mm_set_ss(one)); });
}

inline __m512i rounded(__m512 x) {
  return each<Ints, __m512i>(bits_as<Floats>(x), [](float one) { return _mm_cvtss_si32(_mm_set_ss(one)); });
}

inline __m512i widened(__m256i x) {
  return each<Ints, __m512i>(bits_as<Halves>(x), [](std::uint16_t one) { return std::int32_t(one); });
}

inline __m512 from_halves(__m256i x) {
  return each<Floats, __m512>(bits_as<Halves>(x), [](std::uint16_t one) { return _cvtsh_ss(one); });
}

inline __m512i shifted_right(__m512i x, unsigned count) {
  return each<Ints, __m512i>(bits_as<Ints>(x), [=](std::int32_t one) { return one >> std::min(count, 31u); });
}

template <int Scale>
__m512 gathered(__m512i places, const void* from) {
  return each<Floats, __m512>(bits_as<Ints>(places), [=](std::int32_t place) {
    float one;
    std::memcpy(&one, static_cast<const char*>(from) + std::int64_t(place) * Scale, sizeof one);
    return one;
  });
}

/// Quarters of a, then of b, by two bits each.
template <int Which, class Vector>
Vector quarters(Vector a, Vector b) {
  using Quarters = std::array<std::array<std::uint64_t, 2>, 4>;
  const Quarters first = bits_as<Quarters>(a), second = bits_as<Quarters>(b);
  return bits_as<Vector>(Quarters{first[Which & 3], first[Which >> 2 & 3], second[Which >> 4 & 3], second[Which >> 6]});
}

/// x times 2^exponent rounded down.
inline __m512 scaled(__m512 x, __m512 exponent) {
  Floats all = bits_as<Floats>(x);
  const Floats powers = bits_as<Floats>(exponent);
  for (std::size_t i = 0; i < all.size(); ++i)
    all[i] = std::isnan(powers[i]) ? powers[i]
                                   : std::ldexp(all[i], int(std::floor(std::clamp(powers[i], -1000.0f, 1000.0f))));
  return bits_as<__m512>(all);
}

/// What is above the next lower whole number.
inline __m512 above_whole(__m512 x) {
  return each<Floats, __m512>(bits_as<Floats>(x),
                              [](float one) { return std::isinf(one) ? 0.0f : one - std::floor(one); });
}

/// Rounded to nearest, ties to even; what is no number stays none. Numbers below 2^-126 become zero.
inline Halves rounded_to_bf16(__m512 x) {
  Halves to;
  const Ints bits = bits_as<Ints>(x);
  for (std::size_t i = 0; i < to.size(); ++i) {
    const std::uint32_t one = std::uint32_t(bits[i]), exponent = one & 0x7f800000;
    if (exponent == 0x7f800000 && (one & 0x7fffff))
      to[i] = std::uint16_t(one >> 16 | 0x40);
    else
      to[i] = exponent == 0 ? std::uint16_t(one >> 16 & 0x8000) : std::uint16_t((one + 0x7fff + (one >> 16 & 1)) >> 16);
  }
  return to;
}

/// In the order g++ adds: halves upon halves.
inline float sum(__m512 x) {
  Floats sums = bits_as<Floats>(x);
  for (int half = 8; half >= 1; half /= 2)
    for (int i = 0; i < half; ++i) sums[i] += sums[i + half];
  return sums[0];
}

}  // namespace darkroom::emulated_avx512

#define _kortestz_mask16_u8 darkroom::emulated_avx512::is_zero
#define _kortestc_mask16_u8 darkroom::emulated_avx512::is_full
#define _mm512_cvtepi32_ps darkroom::emulated_avx512::floats
#define _mm512_cvttps_epi32 darkroom::emulated_avx512::cut_off
#define _mm512_cvtps_epi32 darkroom::emulated_avx512::rounded
#define _mm512_cvtepu16_epi32 darkroom::emulated_avx512::widened
#define _mm512_cvtph_ps darkroom::emulated_avx512::from_halves
#define _mm512_srai_epi32 darkroom::emulated_avx512::shifted_right
#define _mm512_i32gather_ps(places, from, scale) darkroom::emulated_avx512::gathered<scale>(places, from)
#define _mm512_shuffle_i64x2(a, b, which) darkroom::emulated_avx512::quarters<which>(a, b)
#define _mm512_shuffle_f32x4(a, b, which) darkroom::emulated_avx512::quarters<which>(a, b)
#undef _mm512_scalef_ps
#define _mm512_scalef_ps darkroom::emulated_avx512::scaled
#define _mm512_reduce_ps(x, below_whole_number) darkroom::emulated_avx512::above_whole(x)
#define _mm512_cvtneps_pbh darkroom::emulated_avx512::rounded_to_bf16
#define _mm512_reduce_add_ps darkroom::emulated_avx512::sum
