#include "layers/kernels/product_kernel.h"

#include <algorithm>

// Vectors of a size unknown when compiling cannot be kept in arrays.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "layers/kernels/product_kernel.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <hwy/cache_control.h>
#include <hwy/contrib/math/math-inl.h>

#include "layers/kernels/transpose-inl.h"

HWY_BEFORE_NAMESPACE();
namespace darkroom::layers::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
const hn::ScalableTag<float> kTag;
using Vector = hn::Vec<decltype(kTag)>;

constexpr std::int64_t kWidth = 2;  // vectors of a panel: with 6 rows, 12 sums stay in 16 registers
constexpr std::int64_t kFewRows = 6;
// With 32 registers 24 sums: a panel of wide vectors does not fit the first cache beside its rows, and passes by half
// as often.
constexpr std::int64_t kRows = HWY_TARGET <= HWY_AVX3 ? 12 : kFewRows;
constexpr std::int64_t kLine = 16;  // numbers of a cache line

std::int64_t lanes() {
  return std::int64_t(hn::Lanes(kTag));
}

std::int64_t panel() {
  return kWidth * lanes();
}

template <std::int64_t Rows, bool kIsFar>
HWY_INLINE void rows_by_panel(const float* HWY_RESTRICT a, std::int64_t a_stride, std::int64_t depth,
                              const float* HWY_RESTRICT panel, bool adds, const float* HWY_RESTRICT offset,
                              float* HWY_RESTRICT out, std::int64_t out_stride) {
  const std::int64_t n = lanes();
  Vector sums[Rows][kWidth];
  for (std::int64_t r = 0; r < Rows; ++r)
    for (std::int64_t w = 0; w < kWidth; ++w)
      sums[r][w] = adds ? hn::LoadU(kTag, out + r * out_stride + w * n) : hn::Zero(kTag);
  // The next rows come into the first cache meanwhile: they are short pieces far apart, which no processor foresees.
  // Past the last row this asks for what may not be there, which is allowed.
  const float *next = a + Rows * a_stride, *next_out = out + Rows * out_stride;
  for (std::int64_t r = 0; kIsFar && r < Rows; ++r) hwy::Prefetch(next_out + r * out_stride);
  const auto add_place = [&](std::int64_t k) {
    const Vector left = hn::LoadU(kTag, panel), right = hn::LoadU(kTag, panel + n);
    panel += kWidth * n;
    for (std::int64_t r = 0; r < Rows; ++r) {
      const Vector value = hn::Set(kTag, a[r * a_stride + k]);
      sums[r][0] = hn::MulAdd(value, left, sums[r][0]);
      sums[r][1] = hn::MulAdd(value, right, sums[r][1]);
    }
  };
  std::int64_t k = 0;
  for (; kIsFar && k + kLine <= depth; k += kLine) {
    const float* ahead = next + k;
#pragma GCC unroll 16
    for (std::int64_t i = 0; i < kLine; ++i) {
      if (i < Rows) hwy::Prefetch(ahead), ahead += a_stride;
      add_place(k + i);
    }
  }
#pragma GCC unroll 4
  for (; k < depth; ++k) add_place(k);
  if (offset) {  // last: sums that began at a large offset would lose digits with each product
    for (std::int64_t r = 0; r < Rows; ++r)
      for (std::int64_t w = 0; w < kWidth; ++w) sums[r][w] = hn::Add(sums[r][w], hn::LoadU(kTag, offset + w * n));
  }
  for (std::int64_t r = 0; r < Rows; ++r)
    for (std::int64_t w = 0; w < kWidth; ++w) hn::StoreU(sums[r][w], kTag, out + r * out_stride + w * n);
}

template <bool kIsFar>
HWY_INLINE void multiply(const float* a, std::int64_t a_stride, std::int64_t rows, std::int64_t depth,
                         const float* panel, bool adds, const float* offset, float* out, std::int64_t out_stride) {
  for (; rows >= kRows; rows -= kRows, a += kRows * a_stride, out += kRows * out_stride)
    rows_by_panel<kRows, kIsFar>(a, a_stride, depth, panel, adds, offset, out, out_stride);
  if (rows >= kFewRows) {
    rows_by_panel<kFewRows, kIsFar>(a, a_stride, depth, panel, adds, offset, out, out_stride);
    rows -= kFewRows, a += kFewRows * a_stride, out += kFewRows * out_stride;
  }
  switch (rows) {  // one by one, each row would wait for its own sums
    case 5:
      return rows_by_panel<5, kIsFar>(a, a_stride, depth, panel, adds, offset, out, out_stride);
    case 4:
      return rows_by_panel<4, kIsFar>(a, a_stride, depth, panel, adds, offset, out, out_stride);
    case 3:
      return rows_by_panel<3, kIsFar>(a, a_stride, depth, panel, adds, offset, out, out_stride);
    case 2:
      return rows_by_panel<2, kIsFar>(a, a_stride, depth, panel, adds, offset, out, out_stride);
    case 1:
      return rows_by_panel<1, kIsFar>(a, a_stride, depth, panel, adds, offset, out, out_stride);
    default:
      return;
  }
}

void multiply_near(const float* a, std::int64_t a_stride, std::int64_t rows, std::int64_t depth, const float* panel,
                   bool adds, const float* offset, float* out, std::int64_t out_stride) {
  multiply<false>(a, a_stride, rows, depth, panel, adds, offset, out, out_stride);
}

void multiply_far(const float* a, std::int64_t a_stride, std::int64_t rows, std::int64_t depth, const float* panel,
                  bool adds, const float* offset, float* out, std::int64_t out_stride) {
  multiply<true>(a, a_stride, rows, depth, panel, adds, offset, out, out_stride);
}

constexpr std::int64_t kLanes = std::int64_t(hn::MaxLanes(kTag));

HWY_INLINE Vector widened(const float* from) {
  return hn::LoadU(kTag, from);
}

HWY_INLINE Vector widened(const hwy::float16_t* from) {
  return hn::PromoteTo(kTag, hn::LoadU(hn::Rebind<hwy::float16_t, decltype(kTag)>(), from));
}

HWY_INLINE Vector widened(const hwy::bfloat16_t* from) {
  return hn::PromoteTo(kTag, hn::LoadU(hn::Rebind<hwy::bfloat16_t, decltype(kTag)>(), from));
}

/// So many rows as a vector has lanes, and so many numbers of each, become columns.
template <typename Stored>
HWY_INLINE void turn(const Stored* HWY_RESTRICT from, std::int64_t stride, float* HWY_RESTRICT out,
                     std::int64_t out_stride) {
#if HWY_TARGET == HWY_SCALAR
  hn::StoreU(widened(from), kTag, out);
#else
  constexpr std::int64_t kBlocks = kLanes / kQuad;  // of four lanes, which most instructions do not cross
  const hn::Repartition<double, decltype(kTag)> pairs;
  Vector quads[kQuad][kBlocks];  // [place % 4][rows / 4]: block b has place 4 b of four rows
  for (std::int64_t g = 0; g < kBlocks; ++g) {
    const Stored* rows = from + g * kQuad * stride;
    const Vector a = widened(rows), b = widened(rows + stride), c = widened(rows + 2 * stride),
                 d = widened(rows + 3 * stride);
    const auto low_ab = hn::BitCast(pairs, hn::InterleaveLower(kTag, a, b)),
               low_cd = hn::BitCast(pairs, hn::InterleaveLower(kTag, c, d)),
               high_ab = hn::BitCast(pairs, hn::InterleaveUpper(kTag, a, b)),
               high_cd = hn::BitCast(pairs, hn::InterleaveUpper(kTag, c, d));
    quads[0][g] = hn::BitCast(kTag, hn::InterleaveLower(pairs, low_ab, low_cd));
    quads[1][g] = hn::BitCast(kTag, hn::InterleaveUpper(pairs, low_ab, low_cd));
    quads[2][g] = hn::BitCast(kTag, hn::InterleaveLower(pairs, high_ab, high_cd));
    quads[3][g] = hn::BitCast(kTag, hn::InterleaveUpper(pairs, high_ab, high_cd));
  }
  for (std::int64_t j = 0; j < kQuad; ++j) {
    const auto store = [&](std::int64_t block, Vector v) {
      hn::StoreU(v, kTag, out + (block * kQuad + j) * out_stride);
    };
    const Vector* q = quads[j];
    if constexpr (kBlocks == 1) {
      store(0, q[0]);
    } else if constexpr (kBlocks == 2) {
      store(0, hn::ConcatLowerLower(kTag, q[1], q[0]));
      store(1, hn::ConcatUpperUpper(kTag, q[1], q[0]));
    } else {
      const Vector even01 = hn::OddEvenBlocks(hn::SwapAdjacentBlocks(q[1]), q[0]),
                   even23 = hn::OddEvenBlocks(hn::SwapAdjacentBlocks(q[3]), q[2]),
                   odd01 = hn::OddEvenBlocks(q[1], hn::SwapAdjacentBlocks(q[0])),
                   odd23 = hn::OddEvenBlocks(q[3], hn::SwapAdjacentBlocks(q[2]));
      store(0, hn::ConcatLowerLower(kTag, even23, even01));
      store(1, hn::ConcatLowerLower(kTag, odd23, odd01));
      store(2, hn::ConcatUpperUpper(kTag, even23, even01));
      store(3, hn::ConcatUpperUpper(kTag, odd23, odd01));
    }
  }
#endif
}

template <typename Stored>
HWY_INLINE void pack_any(const Stored* HWY_RESTRICT columns, std::int64_t stride, std::int64_t depth,
                         float* HWY_RESTRICT panel_begin) {
  const std::int64_t width = panel();
  std::int64_t k = 0;
  for (; k + kLanes <= depth; k += kLanes)
    for (std::int64_t column = 0; column < width; column += kLanes)
      turn(columns + column * stride + k, stride, panel_begin + k * width + column, width);
  if (k == depth) return;
  for (std::int64_t column = 0; column < width; column += kLanes) {
    Stored rest[kLanes * kLanes] = {};
    float turned[kLanes * kLanes];
    for (std::int64_t row = 0; row < kLanes; ++row)
      std::copy_n(columns + (column + row) * stride + k, depth - k, rest + row * kLanes);
    turn(rest, kLanes, turned, kLanes);
    for (std::int64_t i = 0; k + i < depth; ++i)
      std::copy_n(turned + i * kLanes, kLanes, panel_begin + (k + i) * width + column);
  }
}

void pack(const float* columns, std::int64_t stride, std::int64_t depth, float* panel_begin) {
  pack_any(columns, stride, depth, panel_begin);
}

void pack_fp16(const std::uint16_t* columns, std::int64_t stride, std::int64_t depth, float* panel_begin) {
  pack_any(reinterpret_cast<const hwy::float16_t*>(columns), stride, depth, panel_begin);
}

void pack_bf16(const std::uint16_t* columns, std::int64_t stride, std::int64_t depth, float* panel_begin) {
  pack_any(reinterpret_cast<const hwy::bfloat16_t*>(columns), stride, depth, panel_begin);
}

/// erf(x) as an odd rational function on [-4, 4], beyond which it is 1 to the last bit of fp32: x P(x²) / Q(x²), within
/// 4e-7 of erf.
HWY_INLINE Vector erf(Vector x) {
  constexpr float kUpper[] = {-1.60960333262415e-02f, -2.95459980854025e-03f, -7.34990630326855e-04f,
                              -5.69250639462346e-05f, -2.10102402082508e-06f, 2.77068142495902e-08f,
                              -2.72614225801306e-10f};
  constexpr float kLower[] = {-1.42647390514189e-02f, -7.37332916720468e-03f, -1.68282697438203e-03f,
                              -2.13374055278905e-04f, -1.45660718464996e-05f};
  const Vector limit = hn::Set(kTag, 4.0f), inside = hn::Max(hn::Min(x, limit), hn::Neg(limit)),
               square = hn::Mul(inside, inside);
  Vector upper = hn::Set(kTag, kUpper[6]), lower = hn::Set(kTag, kLower[4]);
  for (int i = 5; i >= 0; --i) upper = hn::MulAdd(upper, square, hn::Set(kTag, kUpper[i]));
  for (int i = 3; i >= 0; --i) lower = hn::MulAdd(lower, square, hn::Set(kTag, kLower[i]));
  return hn::Div(hn::Mul(inside, upper), lower);
}

HWY_INLINE Vector gated(Vector value, Vector gate) {
  const Vector half = hn::Mul(hn::Set(kTag, 0.5f), gate), root = hn::Set(kTag, 0.70710678118654752f);
  return hn::Mul(value, hn::MulAdd(half, erf(hn::Mul(gate, root)), half));
}

void gate(const float* values, const float* gates, std::int64_t count, float* out) {
  const std::int64_t n = lanes();
  std::int64_t i = 0;
  for (; i + n <= count; i += n)
    hn::StoreU(gated(hn::LoadU(kTag, values + i), hn::LoadU(kTag, gates + i)), kTag, out + i);
  if (i == count) return;
  float value[HWY_MAX_BYTES / sizeof(float)] = {}, gate[HWY_MAX_BYTES / sizeof(float)] = {};
  std::copy_n(values + i, count - i, value);
  std::copy_n(gates + i, count - i, gate);
  hn::StoreU(gated(hn::LoadU(kTag, value), hn::LoadU(kTag, gate)), kTag, value);
  std::copy_n(value, count - i, out + i);
}

/// Of one vector: the gradients of value and gate from that of value * GELU(gate). GELU' is the normal distribution
/// plus x times its density.
HWY_INLINE void gate_gradient(Vector value, Vector gate, Vector above, Vector& of_value, Vector& of_gate) {
  const Vector half = hn::Set(kTag, 0.5f), root = hn::Set(kTag, 0.70710678118654752f);
  const Vector share = hn::MulAdd(half, erf(hn::Mul(gate, root)), half);
  const Vector density =
      hn::Mul(hn::Set(kTag, 0.39894228040143268f), hn::Exp(kTag, hn::Mul(hn::Mul(hn::Set(kTag, -0.5f), gate), gate)));
  of_value = hn::Mul(above, hn::Mul(gate, share));
  of_gate = hn::Mul(hn::Mul(above, value), hn::MulAdd(gate, density, share));
}

void gate_backwards(const float* values, const float* gates, const float* above, std::int64_t count, float* of_values,
                    float* of_gates) {
  const std::int64_t n = lanes();
  Vector value, gate;
  std::int64_t i = 0;
  for (; i + n <= count; i += n) {
    gate_gradient(hn::LoadU(kTag, values + i), hn::LoadU(kTag, gates + i), hn::LoadU(kTag, above + i), value, gate);
    hn::StoreU(value, kTag, of_values + i);
    hn::StoreU(gate, kTag, of_gates + i);
  }
  if (i == count) return;
  float left[3][HWY_MAX_BYTES / sizeof(float)] = {};
  std::copy_n(values + i, count - i, left[0]);
  std::copy_n(gates + i, count - i, left[1]);
  std::copy_n(above + i, count - i, left[2]);
  gate_gradient(hn::LoadU(kTag, left[0]), hn::LoadU(kTag, left[1]), hn::LoadU(kTag, left[2]), value, gate);
  hn::StoreU(value, kTag, left[0]);
  hn::StoreU(gate, kTag, left[1]);
  std::copy_n(left[0], count - i, of_values + i);
  std::copy_n(left[1], count - i, of_gates + i);
}

}  // namespace
}  // namespace darkroom::layers::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace darkroom::layers {

HWY_EXPORT(panel);
HWY_EXPORT(multiply_near);
HWY_EXPORT(multiply_far);
HWY_EXPORT(pack);
HWY_EXPORT(pack_fp16);
HWY_EXPORT(pack_bf16);
HWY_EXPORT(gate);
HWY_EXPORT(gate_backwards);

std::int64_t product_panel() {
  return HWY_DYNAMIC_DISPATCH(panel)();
}

void multiply_panel(const float* a, std::int64_t a_stride, std::int64_t rows, std::int64_t depth, const float* panel,
                    bool adds, const float* offset, float* out, std::int64_t out_stride) {
  HWY_DYNAMIC_DISPATCH(multiply_near)(a, a_stride, rows, depth, panel, adds, offset, out, out_stride);
}

void multiply_far_panel(const float* a, std::int64_t a_stride, std::int64_t rows, std::int64_t depth,
                        const float* panel, bool adds, const float* offset, float* out, std::int64_t out_stride) {
  HWY_DYNAMIC_DISPATCH(multiply_far)(a, a_stride, rows, depth, panel, adds, offset, out, out_stride);
}

void pack_panel(const float* columns, std::int64_t stride, std::int64_t depth, float* panel) {
  HWY_DYNAMIC_DISPATCH(pack)(columns, stride, depth, panel);
}

void pack_fp16_panel(const std::uint16_t* columns, std::int64_t stride, std::int64_t depth, float* panel) {
  HWY_DYNAMIC_DISPATCH(pack_fp16)(columns, stride, depth, panel);
}

void pack_bf16_panel(const std::uint16_t* columns, std::int64_t stride, std::int64_t depth, float* panel) {
  HWY_DYNAMIC_DISPATCH(pack_bf16)(columns, stride, depth, panel);
}

void gate_with_gelu(const float* values, const float* gates, std::int64_t count, float* out) {
  HWY_DYNAMIC_DISPATCH(gate)(values, gates, count, out);
}

void gate_gradients(const float* values, const float* gates, const float* above, std::int64_t count, float* of_values,
                    float* of_gates) {
  HWY_DYNAMIC_DISPATCH(gate_backwards)(values, gates, above, count, of_values, of_gates);
}

}  // namespace darkroom::layers
#endif
