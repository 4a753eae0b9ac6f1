#include "layers/kernels/winograd_kernel.h"

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

void kernels(const float* kernels, std::int64_t in, std::int64_t first, float* u, std::int64_t stride) {
  const std::int64_t panel = kWidth * lanes();
  for (std::int64_t lane = 0; lane < panel; ++lane) {
    const float* g = kernels + (first + lane) * in * 9;
    for (std::int64_t i = 0; i < in; ++i, g += 9) {
      // G g: rows g0, (g0 + g1 + g2) / 2, (g0 - g1 + g2) / 2, g2; then the same of the columns.
      float rows[4][3];
      for (int x = 0; x < 3; ++x) {
        const float even = 0.5f * (g[x] + g[6 + x]), odd = 0.5f * g[3 + x];
        rows[0][x] = g[x], rows[1][x] = even + odd, rows[2][x] = even - odd, rows[3][x] = g[6 + x];
      }
      float* to = u + i * panel + lane;
      for (int y = 0; y < 4; ++y) {
        const float even = 0.5f * (rows[y][0] + rows[y][2]), odd = 0.5f * rows[y][1];
        to[(4 * y + 0) * stride] = rows[y][0];
        to[(4 * y + 1) * stride] = even + odd;
        to[(4 * y + 2) * stride] = even - odd;
        to[(4 * y + 3) * stride] = rows[y][2];
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

template <std::int64_t Rows>
HWY_INLINE void rows_by_panel(const float* HWY_RESTRICT a, std::int64_t a_stride, std::int64_t depth,
                              const float* HWY_RESTRICT panel, float* HWY_RESTRICT out, std::int64_t out_stride) {
  const std::int64_t n = lanes();
  Vector sums[Rows][kWidth];
  for (std::int64_t r = 0; r < Rows; ++r)
    for (std::int64_t w = 0; w < kWidth; ++w) sums[r][w] = hn::Zero(kTag);
  for (std::int64_t k = 0; k < depth; ++k, panel += kWidth * n) {
    const Vector left = hn::LoadU(kTag, panel), right = hn::LoadU(kTag, panel + n);
    for (std::int64_t r = 0; r < Rows; ++r) {
      const Vector value = hn::Set(kTag, a[r * a_stride + k]);
      sums[r][0] = hn::MulAdd(value, left, sums[r][0]);
      sums[r][1] = hn::MulAdd(value, right, sums[r][1]);
    }
  }
  for (std::int64_t r = 0; r < Rows; ++r)
    for (std::int64_t w = 0; w < kWidth; ++w) hn::StoreU(sums[r][w], kTag, out + r * out_stride + w * n);
}

void multiply(const float* a, std::int64_t a_stride, std::int64_t rows, std::int64_t depth, const float* panel,
              float* out, std::int64_t out_stride) {
  std::int64_t row = 0;
  for (; row + kRows <= rows; row += kRows)
    rows_by_panel<kRows>(a + row * a_stride, a_stride, depth, panel, out + row * out_stride, out_stride);
  for (; row < rows; ++row)
    rows_by_panel<1>(a + row * a_stride, a_stride, depth, panel, out + row * out_stride, out_stride);
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

}  // namespace
}  // namespace darkroom::layers::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace darkroom::layers {

HWY_EXPORT(lanes);
HWY_EXPORT(kernels);
HWY_EXPORT(window);
HWY_EXPORT(multiply);
HWY_EXPORT(outputs);

std::int64_t winograd_panel() {
  return 2 * winograd_lanes();
}

std::int64_t winograd_lanes() {
  return HWY_DYNAMIC_DISPATCH(lanes)();
}

void transform_kernels(const float* weights, std::int64_t in, std::int64_t first, float* u, std::int64_t stride) {
  HWY_DYNAMIC_DISPATCH(kernels)(weights, in, first, u, stride);
}

void transform_window(const float* const* pixels, std::int64_t channels, float* v, std::int64_t stride) {
  HWY_DYNAMIC_DISPATCH(window)(pixels, channels, v, stride);
}

void multiply_panel(const float* a, std::int64_t a_stride, std::int64_t rows, std::int64_t depth, const float* panel,
                    float* out, std::int64_t out_stride) {
  HWY_DYNAMIC_DISPATCH(multiply)(a, a_stride, rows, depth, panel, out, out_stride);
}

void transform_outputs(const float* m, std::int64_t stride, std::int64_t channels, const float* bias,
                       float* const* pixels) {
  HWY_DYNAMIC_DISPATCH(outputs)(m, stride, channels, bias, pixels);
}

}  // namespace darkroom::layers
#endif
