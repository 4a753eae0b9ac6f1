#include "layers/kernels/winograd_kernel.h"

#include "layers/kernels/product_kernel.h"

// Vectors of a size unknown when compiling cannot be kept in arrays.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "layers/kernels/winograd_kernel.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace darkroom::layers::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
const hn::ScalableTag<float> kTag;
using Vector = hn::Vec<decltype(kTag)>;

constexpr std::int64_t kWidth = 2;  // vectors of a panel: with 6 rows, 12 sums stay in 16 registers
constexpr std::int64_t kRows = 6;

std::int64_t lanes() {
  return std::int64_t(hn::Lanes(kTag));
}

/// G g of one column: g0, (g0 + g1 + g2) / 2, (g0 - g1 + g2) / 2, g2.
HWY_INLINE void spread(Vector g0, Vector g1, Vector g2, Vector* HWY_RESTRICT out) {
  const Vector half = hn::Set(kTag, 0.5f);
  const Vector even = hn::Mul(half, hn::Add(g0, g2)), odd = hn::Mul(half, g1);
  out[0] = g0, out[1] = hn::Add(even, odd), out[2] = hn::Sub(even, odd), out[3] = g2;
}

void kernels(const float* taps, KernelStrides strides, std::int64_t in, float* u, std::int64_t stride) {
  const hn::RebindToSigned<decltype(kTag)> index_tag;
  const auto places = hn::Mul(hn::Iota(index_tag, 0), hn::Set(index_tag, std::int32_t(strides.out)));
  const std::int64_t n = lanes();
  for (std::int64_t i = 0; i < in; ++i) {
    for (std::int64_t w = 0; w < kWidth; ++w) {
      const float* g = taps + i * strides.in + w * n * strides.out;
      Vector columns[3][4];
      for (int x = 0; x < 3; ++x) {
        const float* top = g + x * strides.x;
        spread(hn::GatherIndex(kTag, top, places), hn::GatherIndex(kTag, top + strides.y, places),
               hn::GatherIndex(kTag, top + 2 * strides.y, places), columns[x]);
      }
      for (int y = 0; y < 4; ++y) {
        Vector row[4];
        spread(columns[0][y], columns[1][y], columns[2][y], row);
        for (int x = 0; x < 4; ++x) hn::StoreU(row[x], kTag, u + (4 * y + x) * stride + (i * kWidth + w) * n);
      }
    }
  }
}

void window(const float* const* pixels, std::int64_t channels, float* v, std::int64_t stride) {
  for (std::int64_t c = 0; c < channels; c += lanes()) {
    Vector rows[4][4];
    for (int x = 0; x < 4; ++x) {
      const Vector d0 = hn::LoadU(kTag, pixels[x] + c), d1 = hn::LoadU(kTag, pixels[4 + x] + c),
                   d2 = hn::LoadU(kTag, pixels[8 + x] + c), d3 = hn::LoadU(kTag, pixels[12 + x] + c);
      rows[0][x] = hn::Sub(d0, d2);
      rows[1][x] = hn::Add(d1, d2);
      rows[2][x] = hn::Sub(d2, d1);
      rows[3][x] = hn::Sub(d1, d3);
    }
    for (int y = 0; y < 4; ++y) {
      float* to = v + 4 * y * stride + c;
      hn::StoreU(hn::Sub(rows[y][0], rows[y][2]), kTag, to);
      hn::StoreU(hn::Add(rows[y][1], rows[y][2]), kTag, to + stride);
      hn::StoreU(hn::Sub(rows[y][2], rows[y][1]), kTag, to + 2 * stride);
      hn::StoreU(hn::Sub(rows[y][1], rows[y][3]), kTag, to + 3 * stride);
    }
  }
}

void outputs(const float* m, std::int64_t stride, std::int64_t channels, const float* bias, float* const* pixels) {
  for (std::int64_t c = 0; c < channels; c += lanes()) {
    Vector rows[2][4];
    for (int x = 0; x < 4; ++x) {
      const float* from = m + x * stride + c;
      const Vector m0 = hn::LoadU(kTag, from), m1 = hn::LoadU(kTag, from + 4 * stride),
                   m2 = hn::LoadU(kTag, from + 8 * stride), m3 = hn::LoadU(kTag, from + 12 * stride);
      rows[0][x] = hn::Add(hn::Add(m0, m1), m2);
      rows[1][x] = hn::Sub(hn::Sub(m1, m2), m3);
    }
    const Vector offset = hn::LoadU(kTag, bias + c);
    for (int y = 0; y < 2; ++y) {
      const Vector left = hn::Add(hn::Add(rows[y][0], rows[y][1]), rows[y][2]),
                   right = hn::Sub(hn::Sub(rows[y][1], rows[y][2]), rows[y][3]);
      if (pixels[2 * y]) hn::StoreU(hn::Add(left, offset), kTag, pixels[2 * y] + c);
      if (pixels[2 * y + 1]) hn::StoreU(hn::Add(right, offset), kTag, pixels[2 * y + 1] + c);
    }
  }
}

/// A g of two numbers: g0, g0 + g1, g0 - g1, -g1.
HWY_INLINE void spread(Vector g0, Vector g1, Vector* HWY_RESTRICT out) {
  out[0] = g0, out[1] = hn::Add(g0, g1), out[2] = hn::Sub(g0, g1), out[3] = hn::Neg(g1);
}

void output_gradients(const float* const* pixels, std::int64_t channels, float* m, std::int64_t stride) {
  for (std::int64_t c = 0; c < channels; c += lanes()) {
    Vector columns[2][4];
    for (int x = 0; x < 2; ++x) spread(hn::LoadU(kTag, pixels[x] + c), hn::LoadU(kTag, pixels[2 + x] + c), columns[x]);
    for (int y = 0; y < 4; ++y) {
      Vector row[4];
      spread(columns[0][y], columns[1][y], row);
      for (int x = 0; x < 4; ++x) hn::StoreU(row[x], kTag, m + (4 * y + x) * stride + c);
    }
  }
}

template <std::int64_t Rows>
HWY_INLINE void columns_by_panel(const float* HWY_RESTRICT left, std::int64_t rows, const float* HWY_RESTRICT right,
                                 std::int64_t stride, std::int64_t tiles, float* HWY_RESTRICT u) {
  const std::int64_t n = lanes();
  Vector sums[Rows][kWidth];
  for (std::int64_t r = 0; r < Rows; ++r)
    for (std::int64_t w = 0; w < kWidth; ++w) sums[r][w] = hn::LoadU(kTag, u + r * stride + w * n);
  for (std::int64_t tile = 0; tile < tiles; ++tile, left += rows, right += stride) {
    const Vector first = hn::LoadU(kTag, right), second = hn::LoadU(kTag, right + n);
    for (std::int64_t r = 0; r < Rows; ++r) {
      const Vector value = hn::Set(kTag, left[r]);
      sums[r][0] = hn::MulAdd(value, first, sums[r][0]);
      sums[r][1] = hn::MulAdd(value, second, sums[r][1]);
    }
  }
  for (std::int64_t r = 0; r < Rows; ++r)
    for (std::int64_t w = 0; w < kWidth; ++w) hn::StoreU(sums[r][w], kTag, u + r * stride + w * n);
}

void products(const float* left, std::int64_t rows, const float* right, std::int64_t stride, std::int64_t tiles,
              float* u) {
  std::int64_t r = 0;
  for (; r + kRows <= rows; r += kRows) columns_by_panel<kRows>(left + r, rows, right, stride, tiles, u + r * stride);
  for (; r + 2 <= rows; r += 2) columns_by_panel<2>(left + r, rows, right, stride, tiles, u + r * stride);
  for (; r < rows; ++r) columns_by_panel<1>(left + r, rows, right, stride, tiles, u + r * stride);
}

/// Transposed G of one column: u0 + (u1 + u2) / 2, (u1 - u2) / 2, (u1 + u2) / 2 + u3.
HWY_INLINE void gather(Vector u0, Vector u1, Vector u2, Vector u3, Vector* HWY_RESTRICT out) {
  const Vector half = hn::Set(kTag, 0.5f), both = hn::Mul(half, hn::Add(u1, u2));
  out[0] = hn::Add(u0, both), out[1] = hn::Mul(half, hn::Sub(u1, u2)), out[2] = hn::Add(both, u3);
}

void kernel_gradients(const float* u, std::int64_t stride, std::int64_t count, float* taps, std::int64_t tap_stride) {
  for (std::int64_t i = 0; i < count; i += lanes()) {
    Vector columns[4][3];
    for (int x = 0; x < 4; ++x) {
      const float* from = u + x * stride + i;
      gather(hn::LoadU(kTag, from), hn::LoadU(kTag, from + 4 * stride), hn::LoadU(kTag, from + 8 * stride),
             hn::LoadU(kTag, from + 12 * stride), columns[x]);
    }
    for (int y = 0; y < 3; ++y) {
      Vector row[3];
      gather(columns[0][y], columns[1][y], columns[2][y], columns[3][y], row);
      for (int x = 0; x < 3; ++x) hn::StoreU(row[x], kTag, taps + (3 * y + x) * tap_stride + i);
    }
  }
}

}  // namespace
}  // namespace darkroom::layers::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace darkroom::layers {

HWY_EXPORT(lanes);
HWY_EXPORT(kernels);
HWY_EXPORT(window);
HWY_EXPORT(outputs);
HWY_EXPORT(output_gradients);
HWY_EXPORT(products);
HWY_EXPORT(kernel_gradients);

std::int64_t winograd_panel() {
  return product_panel();
}

std::int64_t winograd_lanes() {
  return HWY_DYNAMIC_DISPATCH(lanes)();
}

void transform_kernels(const float* taps, KernelStrides strides, std::int64_t in, float* u, std::int64_t stride) {
  HWY_DYNAMIC_DISPATCH(kernels)(taps, strides, in, u, stride);
}

void transform_window(const float* const* pixels, std::int64_t channels, float* v, std::int64_t stride) {
  HWY_DYNAMIC_DISPATCH(window)(pixels, channels, v, stride);
}

void transform_outputs(const float* m, std::int64_t stride, std::int64_t channels, const float* bias,
                       float* const* pixels) {
  HWY_DYNAMIC_DISPATCH(outputs)(m, stride, channels, bias, pixels);
}

void transform_output_gradients(const float* const* pixels, std::int64_t channels, float* m, std::int64_t stride) {
  HWY_DYNAMIC_DISPATCH(output_gradients)(pixels, channels, m, stride);
}

void add_products_panel(const float* left, std::int64_t rows, const float* right, std::int64_t stride,
                        std::int64_t tiles, float* u) {
  HWY_DYNAMIC_DISPATCH(products)(left, rows, right, stride, tiles, u);
}

void transform_kernel_gradients(const float* u, std::int64_t stride, std::int64_t count, float* taps,
                                std::int64_t tap_stride) {
  HWY_DYNAMIC_DISPATCH(kernel_gradients)(u, stride, count, taps, tap_stride);
}

}  // namespace darkroom::layers
#endif
