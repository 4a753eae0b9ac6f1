#include "layers/kernels/group_norm_kernel.h"

#include <algorithm>
#include <cmath>

// Vectors of a size unknown when compiling cannot be kept in arrays.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "layers/kernels/group_norm_kernel.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <hwy/contrib/math/math-inl.h>

HWY_BEFORE_NAMESPACE();
namespace darkroom::layers::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
const hn::ScalableTag<float> kTag;
using Vector = hn::Vec<decltype(kTag)>;

constexpr int kVectors = 4;           // of channels at a time
constexpr std::int64_t kPixels = 64;  // added up as floats before they go into doubles

/// Count vectors of channels from `channel` on, over at most kPixels pixels.
template <int Count>
HWY_INLINE void add_sums(const float* HWY_RESTRICT x, std::int64_t pixels, std::int64_t channels,
                         const float* HWY_RESTRICT shift, double* HWY_RESTRICT sums, double* HWY_RESTRICT squares) {
  const std::int64_t n = std::int64_t(hn::Lanes(kTag));
  Vector sum[Count], square[Count], start[Count];
  for (int v = 0; v < Count; ++v)
    sum[v] = hn::Zero(kTag), square[v] = hn::Zero(kTag), start[v] = hn::LoadU(kTag, shift + v * n);
  for (std::int64_t pixel = 0; pixel < pixels; ++pixel) {
    for (int v = 0; v < Count; ++v) {
      const Vector value = hn::Sub(hn::LoadU(kTag, x + pixel * channels + v * n), start[v]);
      sum[v] = hn::Add(sum[v], value);
      square[v] = hn::MulAdd(value, value, square[v]);
    }
  }
  HWY_ALIGN float kept[HWY_MAX_BYTES / sizeof(float)];
  for (int v = 0; v < Count; ++v) {
    hn::Store(sum[v], kTag, kept);
    for (std::int64_t lane = 0; lane < n; ++lane) sums[v * n + lane] += kept[lane];
    hn::Store(square[v], kTag, kept);
    for (std::int64_t lane = 0; lane < n; ++lane) squares[v * n + lane] += kept[lane];
  }
}

void add_channel_sums(const float* x, std::int64_t pixels, std::int64_t channels, const float* shift, double* sums,
                      double* squares) {
  const std::int64_t n = std::int64_t(hn::Lanes(kTag));
  for (std::int64_t first = 0; first < pixels; first += kPixels) {
    const std::int64_t count = std::min(kPixels, pixels - first);
    const float* rows = x + first * channels;
    std::int64_t c = 0;
    for (; c + kVectors * n <= channels; c += kVectors * n)
      add_sums<kVectors>(rows + c, count, channels, shift + c, sums + c, squares + c);
    for (; c + n <= channels; c += n) add_sums<1>(rows + c, count, channels, shift + c, sums + c, squares + c);
    for (; c < channels; ++c) {
      for (std::int64_t pixel = 0; pixel < count; ++pixel) {
        const double value = rows[pixel * channels + c] - shift[c];
        sums[c] += value;
        squares[c] += value * value;
      }
    }
  }
}

void scale_channels(const float* x, float* y, std::int64_t pixels, std::int64_t channels, const float* factor,
                    const float* offset, bool silu) {
  const std::int64_t n = std::int64_t(hn::Lanes(kTag));
  const Vector one = hn::Set(kTag, 1.0f);
  for (std::int64_t pixel = 0; pixel < pixels; ++pixel) {
    const float* from = x + pixel * channels;
    float* to = y + pixel * channels;
    std::int64_t c = 0;
    for (; c + n <= channels; c += n) {
      Vector value = hn::MulAdd(hn::LoadU(kTag, from + c), hn::LoadU(kTag, factor + c), hn::LoadU(kTag, offset + c));
      if (silu) value = hn::Div(value, hn::Add(one, hn::Exp(kTag, hn::Neg(value))));
      hn::StoreU(value, kTag, to + c);
    }
    for (; c < channels; ++c) {
      const float value = from[c] * factor[c] + offset[c];
      to[c] = silu ? value / (1 + std::exp(-value)) : value;
    }
  }
}

}  // namespace
}  // namespace darkroom::layers::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace darkroom::layers {

HWY_EXPORT(add_channel_sums);
HWY_EXPORT(scale_channels);

void add_channel_sums(const float* x, std::int64_t pixels, std::int64_t channels, const float* shift, double* sums,
                      double* squares) {
  HWY_DYNAMIC_DISPATCH(add_channel_sums)(x, pixels, channels, shift, sums, squares);
}

void scale_channels(const float* x, float* y, std::int64_t pixels, std::int64_t channels, const float* factor,
                    const float* offset, bool silu) {
  HWY_DYNAMIC_DISPATCH(scale_channels)(x, y, pixels, channels, factor, offset, silu);
}

}  // namespace darkroom::layers
#endif
