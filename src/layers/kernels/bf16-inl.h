// bf16 numbers in vectors: widening, rounding, and products of pairs that are added in fp32. Included once for each
// kind of vectors, inside foreach_target.h.
//
// Highway before 1.2 has no bf16 product. It is one instruction (AVX512-BF16), and every other kind of vectors emulates
// it here with two fp32 ones: exact, testable anywhere, and slower than fp32, so nobody is given it unasked.
#if defined(DARKROOM_BF16_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DARKROOM_BF16_INL_H_
#undef DARKROOM_BF16_INL_H_
#else
#define DARKROOM_BF16_INL_H_
#endif

#include <cstdint>
#include <cstring>

#include <hwy/highway.h>

#undef DARKROOM_HAS_PAIR_PRODUCT
#undef DARKROOM_BEFORE_BF16
#undef DARKROOM_AFTER_BF16
#if (defined(HWY_AVX3_ZEN4) && HWY_TARGET == HWY_AVX3_ZEN4) || (defined(HWY_AVX3_SPR) && HWY_TARGET == HWY_AVX3_SPR)
#define DARKROOM_HAS_PAIR_PRODUCT 1
#elif !defined(HWY_AVX3_ZEN4) && HWY_TARGET == HWY_AVX3_DL && defined(__GNUC__) && !defined(__clang__)
// This Highway knows no later processors: theirs is what can be added to its last kind of vectors.
#define DARKROOM_HAS_PAIR_PRODUCT 1
#ifndef DARKROOM_BF16_ATTRIBUTES  // the test layers_avx512 emulates the instruction and may not use it
#define DARKROOM_BF16_ATTRIBUTES _Pragma("GCC push_options") _Pragma("GCC target \"avx512bf16\"")
#endif
#define DARKROOM_BEFORE_BF16 \
  HWY_BEFORE_NAMESPACE();    \
  DARKROOM_BF16_ATTRIBUTES static_assert(true, "")
#define DARKROOM_AFTER_BF16 _Pragma("GCC pop_options") HWY_AFTER_NAMESPACE()
#else
#define DARKROOM_HAS_PAIR_PRODUCT 0
#endif
#ifndef DARKROOM_BEFORE_BF16
#define DARKROOM_BEFORE_BF16 HWY_BEFORE_NAMESPACE()
#define DARKROOM_AFTER_BF16 HWY_AFTER_NAMESPACE()
#endif

DARKROOM_BEFORE_BF16;
namespace darkroom::layers::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
const hn::ScalableTag<float> kTag;
const hn::RebindToUnsigned<decltype(kTag)> kPairTag;
using Vector = hn::Vec<decltype(kTag)>;
using Pairs = hn::Vec<decltype(kPairTag)>;  // two bf16 numbers a lane, the first in the lower half

HWY_INLINE std::int64_t lanes() {
  return std::int64_t(hn::Lanes(kTag));
}

/// sums + the products of both numbers of each pair.
HWY_INLINE Vector add_pair_products(Vector sums, Pairs left, Pairs right) {
#if DARKROOM_HAS_PAIR_PRODUCT
  return Vector{_mm512_dpbf16_ps(sums.raw, (__m512bh)left.raw, (__m512bh)right.raw)};
#else
  const auto first = [](Pairs pairs) { return hn::BitCast(kTag, hn::ShiftLeft<16>(pairs)); };
  const auto second = [](Pairs pairs) { return hn::BitCast(kTag, hn::And(pairs, hn::Set(kPairTag, 0xffff0000u))); };
  return hn::MulAdd(first(left), first(right), hn::MulAdd(second(left), second(right), sums));
#endif
}

/// The pair that stands there, in every lane.
HWY_INLINE Pairs same_pair(const std::uint16_t* pair) {
  std::uint32_t both;
  std::memcpy(&both, pair, sizeof both);
  return hn::Set(kPairTag, both);
}

HWY_INLINE Vector load_numbers(const float* from) {
  return hn::LoadU(kTag, from);
}

HWY_INLINE Vector load_numbers(const std::uint16_t* from) {
  const hn::Rebind<std::uint16_t, decltype(kTag)> half;
  return hn::BitCast(kTag, hn::ShiftLeft<16>(hn::PromoteTo(kPairTag, hn::LoadU(half, from))));
}

/// Rounded to nearest, ties to even, in the upper half of each lane; the lower half is what was cut off. What is no
/// number stays none.
HWY_INLINE Pairs rounded_in_upper_half(Vector x) {
  const Pairs bits = hn::BitCast(kPairTag, x), one = hn::Set(kPairTag, 1);
  const Pairs odd = hn::And(hn::ShiftRight<16>(bits), one);
  const Pairs rounded = hn::Add(bits, hn::Add(odd, hn::Set(kPairTag, 0x7fff)));
  const auto is_number = hn::RebindMask(kPairTag, hn::Eq(x, x));
  return hn::IfThenElse(is_number, rounded, hn::Set(kPairTag, 0x7fc00000));
}

HWY_INLINE void store_numbers(Vector x, float* to) {
  hn::StoreU(x, kTag, to);
}

/// The upper halves.
HWY_INLINE void store_upper_halves(Pairs x, std::uint16_t* to) {
  const hn::Rebind<std::uint16_t, decltype(kTag)> half;
  const hn::RebindToSigned<decltype(kTag)> whole;
  hn::StoreU(hn::DemoteTo(half, hn::BitCast(whole, hn::ShiftRight<16>(x))), half, to);
}

HWY_INLINE void store_numbers(Vector x, std::uint16_t* to) {
#if DARKROOM_HAS_PAIR_PRODUCT
  const auto rounded = _mm512_cvtneps_pbh(x.raw);  // numbers below 2^-126 become zero
  std::memcpy(to, &rounded, sizeof rounded);
#else
  store_upper_halves(rounded_in_upper_half(x), to);
#endif
}

/// Two vectors' upper halves as pairs.
HWY_INLINE Pairs upper_halves_as_pairs(Pairs first, Pairs second) {
  return hn::Or(hn::ShiftRight<16>(first), hn::And(second, hn::Set(kPairTag, 0xffff0000u)));
}

HWY_INLINE float number_at(const float* from) {
  return *from;
}

HWY_INLINE float number_at(const std::uint16_t* from) {
  const std::uint32_t bits = std::uint32_t(*from) << 16;
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

HWY_INLINE void put_number(float value, float* to) {
  *to = value;
}

HWY_INLINE void put_number(float value, std::uint16_t* to) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  *to = value == value ? std::uint16_t((bits + 0x7fff + (bits >> 16 & 1)) >> 16) : std::uint16_t(0x7fc0);
}

}  // namespace
}  // namespace darkroom::layers::HWY_NAMESPACE
DARKROOM_AFTER_BF16;

#endif
