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

#include "layers/kernels/bf16-inl.h"

DARKROOM_BEFORE_BF16;
namespace darkroom::layers::HWY_NAMESPACE {
namespace {

constexpr int kVectors = 4;           // of channels at a time
constexpr std::int64_t kPixels = 64;  // added up as floats before they go into doubles

/// Count vectors of channels from `channel` on, over at most kPixels pixels.
template <int Count, typename Number>
HWY_INLINE void add_sums(const Number* HWY_RESTRICT x, std::int64_t pixels, std::int64_t channels,
                         const float* HWY_RESTRICT shift, double* HWY_RESTRICT sums, double* HWY_RESTRICT squares) {
  const std::int64_t n = std::int64_t(hn::Lanes(kTag));
  Vector sum[Count], square[Count], start[Count];
  for (int v = 0; v < Count; ++v)
    sum[v] = hn::Zero(kTag), square[v] = hn::Zero(kTag), start[v] = hn::LoadU(kTag, shift + v * n);
  for (std::int64_t pixel = 0; pixel < pixels; ++pixel) {
    for (int v = 0; v < Count; ++v) {
      const Vector value = hn::Sub(load_numbers(x + pixel * channels + v * n), start[v]);
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

template <typename Number>
HWY_INLINE void add_all_sums(const Number* x, std::int64_t pixels, std::int64_t channels, const float* shift,
                             double* sums, double* squares) {
  const std::int64_t n = lanes();
  for (std::int64_t first = 0; first < pixels; first += kPixels) {
    const std::int64_t count = std::min(kPixels, pixels - first);
    const Number* rows = x + first * channels;
    std::int64_t c = 0;
    for (; c + kVectors * n <= channels; c += kVectors * n)
      add_sums<kVectors>(rows + c, count, channels, shift + c, sums + c, squares + c);
    for (; c + n <= channels; c += n) add_sums<1>(rows + c, count, channels, shift + c, sums + c, squares + c);
    for (; c < channels; ++c) {
      for (std::int64_t pixel = 0; pixel < count; ++pixel) {
        const double value = number_at(rows + pixel * channels + c) - shift[c];
        sums[c] += value;
        squares[c] += value * value;
      }
    }
  }
}

void add_channel_sums(const float* x, std::int64_t pixels, std::int64_t channels, const float* shift, double* sums,
                      double* squares) {
  add_all_sums(x, pixels, channels, shift, sums, squares);
}

void add_bf16_channel_sums(const std::uint16_t* x, std::int64_t pixels, std::int64_t channels, const float* shift,
                           double* sums, double* squares) {
  add_all_sums(x, pixels, channels, shift, sums, squares);
}

template <typename Number>
HWY_INLINE void scale_all(const Number* x, Number* y, std::int64_t pixels, std::int64_t channels, const float* factor,
                          const float* offset, bool silu) {
  const std::int64_t n = lanes();
  const Vector one = hn::Set(kTag, 1.0f);
  for (std::int64_t pixel = 0; pixel < pixels; ++pixel) {
    const Number* from = x + pixel * channels;
    Number* to = y + pixel * channels;
    std::int64_t c = 0;
    for (; c + n <= channels; c += n) {
      Vector value = hn::MulAdd(load_numbers(from + c), hn::LoadU(kTag, factor + c), hn::LoadU(kTag, offset + c));
      if (silu) value = hn::Div(value, hn::Add(one, hn::Exp(kTag, hn::Neg(value))));
      store_numbers(value, to + c);
    }
    for (; c < channels; ++c) {
      const float value = number_at(from + c) * factor[c] + offset[c];
      put_number(silu ? value / (1 + std::exp(-value)) : value, to + c);
    }
  }
}

void scale_channels(const float* x, float* y, std::int64_t pixels, std::int64_t channels, const float* factor,
                    const float* offset, bool silu) {
  scale_all(x, y, pixels, channels, factor, offset, silu);
}

void scale_bf16_channels(const std::uint16_t* x, std::uint16_t* y, std::int64_t pixels, std::int64_t channels,
                         const float* factor, const float* offset, bool silu) {
  scale_all(x, y, pixels, channels, factor, offset, silu);
}

void normalise_bf16_row(const std::uint16_t* x, std::int64_t width, const float* weight, const float* bias, float eps,
                        std::uint16_t* y) {
  const std::int64_t n = lanes(), whole = width / n * n;
  Vector sum = hn::Zero(kTag), square = hn::Zero(kTag);
  double rest = 0, rest_square = 0;
  for (std::int64_t i = 0; i < whole; i += n) sum = hn::Add(sum, load_numbers(x + i));
  for (std::int64_t i = whole; i < width; ++i) rest += number_at(x + i);
  const float mean = float((double(hn::GetLane(hn::SumOfLanes(kTag, sum))) + rest) / double(width));
  const Vector middle = hn::Set(kTag, mean);
  for (std::int64_t i = 0; i < whole; i += n) {
    const Vector value = hn::Sub(load_numbers(x + i), middle);
    square = hn::MulAdd(value, value, square);
  }
  for (std::int64_t i = whole; i < width; ++i) rest_square += std::pow(double(number_at(x + i)) - mean, 2);
  const double variance = (double(hn::GetLane(hn::SumOfLanes(kTag, square))) + rest_square) / double(width);
  const float scale = float(1 / std::sqrt(variance + eps));
  const Vector factor = hn::Set(kTag, scale);
  for (std::int64_t i = 0; i < whole; i += n) {
    const Vector normal = hn::Mul(hn::Sub(load_numbers(x + i), middle), factor);
    store_numbers(hn::MulAdd(normal, hn::LoadU(kTag, weight + i), hn::LoadU(kTag, bias + i)), y + i);
  }
  for (std::int64_t i = whole; i < width; ++i)
    put_number((number_at(x + i) - mean) * scale * weight[i] + bias[i], y + i);
}

/// Count vectors of channels from `c` on, over at most kPixels pixels.
template <int Count>
HWY_INLINE void gradients_of(const TileGradients& t, std::int64_t pixels, std::int64_t channels, std::int64_t c,
                             float* HWY_RESTRICT d, double* HWY_RESTRICT sums, double* HWY_RESTRICT along) {
  const std::int64_t n = std::int64_t(hn::Lanes(kTag));
  const Vector one = hn::Set(kTag, 1.0f);
  Vector normal_factor[Count], normal_offset[Count], factor[Count], offset[Count], sum[Count], product[Count];
  for (int v = 0; v < Count; ++v) {
    normal_factor[v] = hn::LoadU(kTag, t.normal_factor + c + v * n);
    normal_offset[v] = hn::LoadU(kTag, t.normal_offset + c + v * n);
    factor[v] = hn::LoadU(kTag, t.factor + c + v * n), offset[v] = hn::LoadU(kTag, t.offset + c + v * n);
    sum[v] = hn::Zero(kTag), product[v] = hn::Zero(kTag);
  }
  for (std::int64_t place = c; place < pixels * channels; place += channels) {
    for (int v = 0; v < Count; ++v) {
      const Vector x = hn::LoadU(kTag, t.x + place + v * n);
      Vector g = hn::LoadU(kTag, t.g + place + v * n);
      if (t.silu) {
        const Vector y = hn::MulAdd(x, factor[v], offset[v]);
        const Vector s = hn::Div(one, hn::Add(one, hn::Exp(kTag, hn::Neg(y))));
        g = hn::Mul(g, hn::Mul(s, hn::MulAdd(y, hn::Sub(one, s), one)));
      }
      hn::StoreU(g, kTag, d + place + v * n);
      sum[v] = hn::Add(sum[v], g);
      product[v] = hn::MulAdd(g, hn::MulAdd(x, normal_factor[v], normal_offset[v]), product[v]);
    }
  }
  HWY_ALIGN float kept[HWY_MAX_BYTES / sizeof(float)];
  for (int v = 0; v < Count; ++v) {
    hn::Store(sum[v], kTag, kept);
    for (std::int64_t lane = 0; lane < n; ++lane) sums[c + v * n + lane] += kept[lane];
    hn::Store(product[v], kTag, kept);
    for (std::int64_t lane = 0; lane < n; ++lane) along[c + v * n + lane] += kept[lane];
  }
}

void scaled_gradients(const TileGradients& tile, std::int64_t pixels, std::int64_t channels, float* d, double* sums,
                      double* along) {
  const std::int64_t n = std::int64_t(hn::Lanes(kTag));
  for (std::int64_t first = 0; first < pixels; first += kPixels) {
    TileGradients t = tile;
    t.x += first * channels, t.g += first * channels;
    float* to = d + first * channels;
    const std::int64_t count = std::min(kPixels, pixels - first);
    std::int64_t c = 0;
    for (; c + 2 * n <= channels; c += 2 * n) gradients_of<2>(t, count, channels, c, to, sums, along);
    for (; c + n <= channels; c += n) gradients_of<1>(t, count, channels, c, to, sums, along);
    for (; c < channels; ++c) {
      for (std::int64_t place = c; place < count * channels; place += channels) {
        const float y = t.x[place] * t.factor[c] + t.offset[c], s = 1 / (1 + std::exp(-y));
        to[place] = t.silu ? t.g[place] * s * (1 + y * (1 - s)) : t.g[place];
        sums[c] += to[place];
        along[c] += to[place] * (t.x[place] * t.normal_factor[c] + t.normal_offset[c]);
      }
    }
  }
}

void add_scaled(float* d, const float* x, std::int64_t pixels, std::int64_t channels, const float* factor,
                const float* slope, const float* shift) {
  const std::int64_t n = std::int64_t(hn::Lanes(kTag));
  for (std::int64_t pixel = 0; pixel < pixels; ++pixel, d += channels, x += channels) {
    std::int64_t c = 0;
    for (; c + n <= channels; c += n) {
      const Vector line = hn::MulAdd(hn::LoadU(kTag, x + c), hn::LoadU(kTag, slope + c), hn::LoadU(kTag, shift + c));
      hn::StoreU(hn::MulAdd(hn::LoadU(kTag, d + c), hn::LoadU(kTag, factor + c), line), kTag, d + c);
    }
    for (; c < channels; ++c) d[c] = d[c] * factor[c] + x[c] * slope[c] + shift[c];
  }
}

}  // namespace
}  // namespace darkroom::layers::HWY_NAMESPACE
DARKROOM_AFTER_BF16;

#if HWY_ONCE
namespace darkroom::layers {

HWY_EXPORT(add_channel_sums);
HWY_EXPORT(scale_channels);
HWY_EXPORT(add_bf16_channel_sums);
HWY_EXPORT(scale_bf16_channels);
HWY_EXPORT(normalise_bf16_row);
HWY_EXPORT(scaled_gradients);
HWY_EXPORT(add_scaled);

void add_channel_sums(const float* x, std::int64_t pixels, std::int64_t channels, const float* shift, double* sums,
                      double* squares) {
  HWY_DYNAMIC_DISPATCH(add_channel_sums)(x, pixels, channels, shift, sums, squares);
}

void scale_channels(const float* x, float* y, std::int64_t pixels, std::int64_t channels, const float* factor,
                    const float* offset, bool silu) {
  HWY_DYNAMIC_DISPATCH(scale_channels)(x, y, pixels, channels, factor, offset, silu);
}

void add_bf16_channel_sums(const std::uint16_t* x, std::int64_t pixels, std::int64_t channels, const float* shift,
                           double* sums, double* squares) {
  HWY_DYNAMIC_DISPATCH(add_bf16_channel_sums)(x, pixels, channels, shift, sums, squares);
}

void scale_bf16_channels(const std::uint16_t* x, std::uint16_t* y, std::int64_t pixels, std::int64_t channels,
                         const float* factor, const float* offset, bool silu) {
  HWY_DYNAMIC_DISPATCH(scale_bf16_channels)(x, y, pixels, channels, factor, offset, silu);
}

void normalise_bf16_row(const std::uint16_t* x, std::int64_t width, const float* weight, const float* bias, float eps,
                        std::uint16_t* y) {
  HWY_DYNAMIC_DISPATCH(normalise_bf16_row)(x, width, weight, bias, eps, y);
}

void scaled_gradients(const TileGradients& tile, std::int64_t pixels, std::int64_t channels, float* d, double* sums,
                      double* along) {
  HWY_DYNAMIC_DISPATCH(scaled_gradients)(tile, pixels, channels, d, sums, along);
}

void add_scaled(float* d, const float* x, std::int64_t pixels, std::int64_t channels, const float* factor,
                const float* slope, const float* shift) {
  HWY_DYNAMIC_DISPATCH(add_scaled)(d, x, pixels, channels, factor, slope, shift);
}

}  // namespace darkroom::layers
#endif
