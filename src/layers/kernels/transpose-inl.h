// Rows become columns, four by four. Included once for each kind of vectors, inside foreach_target.h.
#if defined(DARKROOM_TRANSPOSE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DARKROOM_TRANSPOSE_INL_H_
#undef DARKROOM_TRANSPOSE_INL_H_
#else
#define DARKROOM_TRANSPOSE_INL_H_
#endif

#include <cstdint>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace darkroom::layers::HWY_NAMESPACE {
namespace {

constexpr std::int64_t kQuad = 4;  // rows of each call

#if HWY_TARGET != HWY_SCALAR
const hwy::HWY_NAMESPACE::FixedTag<float, std::size_t(kQuad)> kQuadTag;
using Quad = hwy::HWY_NAMESPACE::Vec<decltype(kQuadTag)>;

HWY_INLINE void transpose(Quad& a, Quad& b, Quad& c, Quad& d) {
  namespace hn = hwy::HWY_NAMESPACE;
  const Quad ab = hn::InterleaveLower(kQuadTag, a, b), ab2 = hn::InterleaveUpper(kQuadTag, a, b);
  const Quad cd = hn::InterleaveLower(kQuadTag, c, d), cd2 = hn::InterleaveUpper(kQuadTag, c, d);
  a = hn::ConcatLowerLower(kQuadTag, cd, ab), b = hn::ConcatUpperUpper(kQuadTag, cd, ab);
  c = hn::ConcatLowerLower(kQuadTag, cd2, ab2), d = hn::ConcatUpperUpper(kQuadTag, cd2, ab2);
}
#endif

/// Four rows of `count` numbers become places 0 to 3 of `count` rows that are `stride` apart. Vectors without lanes
/// take the first `rows` alone.
HWY_INLINE void rows_to_columns(const float* a, const float* b, const float* c, const float* d, std::int64_t count,
                                std::int64_t rows, float* HWY_RESTRICT out, std::int64_t stride) {
  std::int64_t i = 0;
#if HWY_TARGET != HWY_SCALAR
  namespace hn = hwy::HWY_NAMESPACE;
  for (; i + kQuad <= count; i += kQuad, out += kQuad * stride) {
    Quad w = hn::LoadU(kQuadTag, a + i), x = hn::LoadU(kQuadTag, b + i), y = hn::LoadU(kQuadTag, c + i),
         z = hn::LoadU(kQuadTag, d + i);
    transpose(w, x, y, z);
    hn::StoreU(w, kQuadTag, out);
    hn::StoreU(x, kQuadTag, out + stride);
    hn::StoreU(y, kQuadTag, out + 2 * stride);
    hn::StoreU(z, kQuadTag, out + 3 * stride);
  }
#endif
  const float* all[] = {a, b, c, d};
  for (; i < count; ++i, out += stride)
    for (std::int64_t row = 0; row < rows; ++row) out[row] = all[row][i];
}

/// The way back: the first `rows` places of `count` rows, `stride` apart, become rows that are `out_stride` apart,
/// times `factors`, one of each.
HWY_INLINE void columns_to_rows(const float* HWY_RESTRICT from, std::int64_t stride, std::int64_t count,
                                std::int64_t rows, const float* factors, float* HWY_RESTRICT out,
                                std::int64_t out_stride) {
  std::int64_t i = 0;
#if HWY_TARGET != HWY_SCALAR
  namespace hn = hwy::HWY_NAMESPACE;
  if (rows == kQuad) {
    const Quad factor = hn::LoadU(kQuadTag, factors);
    for (; i + kQuad <= count; i += kQuad) {
      const auto load = [&](std::int64_t row) {
        return hn::Mul(hn::LoadU(kQuadTag, from + (i + row) * stride), factor);
      };
      Quad a = load(0), b = load(1), c = load(2), d = load(3);
      transpose(a, b, c, d);
      hn::StoreU(a, kQuadTag, out + i);
      hn::StoreU(b, kQuadTag, out + i + out_stride);
      hn::StoreU(c, kQuadTag, out + i + 2 * out_stride);
      hn::StoreU(d, kQuadTag, out + i + 3 * out_stride);
    }
  }
#endif
  for (; i < count; ++i)
    for (std::int64_t row = 0; row < rows; ++row) out[row * out_stride + i] = from[i * stride + row] * factors[row];
}

}  // namespace
}  // namespace darkroom::layers::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
