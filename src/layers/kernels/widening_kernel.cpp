#include "layers/kernels/widening_kernel.h"

#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "layers/kernels/widening_kernel.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace darkroom::layers::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

/// Half precision by integers alone, for what does not fill a vector.
float one_fp16(std::uint16_t bits) {
  const std::uint32_t sign = std::uint32_t(bits & 0x8000) << 16, rest = bits & 0x7fff;
  float value;
  if (rest >= 0x7c00) {  // infinite, or no number
    const std::uint32_t wide = sign | 0x7f800000 | (rest & 0x3ff) << 13;
    std::memcpy(&value, &wide, sizeof value);
    return value;
  }
  // The exponent 112 too low; a product with 2^112 corrects it and makes subnormals normal, exactly.
  const std::uint32_t small = rest << 13;
  std::memcpy(&value, &small, sizeof value);
  value *= 0x1p112f;
  return sign ? -value : value;
}

void fp16(const std::uint16_t* HWY_RESTRICT from, std::int64_t count, float* HWY_RESTRICT to) {
  const hn::ScalableTag<float> tag;
  const hn::Rebind<hwy::float16_t, decltype(tag)> half;
  const std::int64_t lanes = std::int64_t(hn::Lanes(tag));
  std::int64_t i = 0;
  for (; i + lanes <= count; i += lanes)
    hn::StoreU(hn::PromoteTo(tag, hn::LoadU(half, reinterpret_cast<const hwy::float16_t*>(from + i))), tag, to + i);
  for (; i < count; ++i) to[i] = one_fp16(from[i]);
}

void bf16(const std::uint16_t* HWY_RESTRICT from, std::int64_t count, float* HWY_RESTRICT to) {
  const hn::ScalableTag<float> tag;
  const hn::RebindToUnsigned<decltype(tag)> bits;
  const hn::Rebind<std::uint16_t, decltype(tag)> half;
  const std::int64_t lanes = std::int64_t(hn::Lanes(tag));
  std::int64_t i = 0;
  for (; i + lanes <= count; i += lanes)
    hn::StoreU(hn::BitCast(tag, hn::ShiftLeft<16>(hn::PromoteTo(bits, hn::LoadU(half, from + i)))), tag, to + i);
  for (; i < count; ++i) {
    const std::uint32_t wide = std::uint32_t(from[i]) << 16;
    std::memcpy(to + i, &wide, sizeof wide);
  }
}

}  // namespace
}  // namespace darkroom::layers::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace darkroom::layers {

HWY_EXPORT(fp16);
HWY_EXPORT(bf16);

void widen_fp16(const std::uint16_t* from, std::int64_t count, float* to) {
  HWY_DYNAMIC_DISPATCH(fp16)(from, count, to);
}

void widen_bf16(const std::uint16_t* from, std::int64_t count, float* to) {
  HWY_DYNAMIC_DISPATCH(bf16)(from, count, to);
}

}  // namespace darkroom::layers
#endif
