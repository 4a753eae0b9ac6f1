// Parts of a group normalisation of pictures whose channels lie side by side ("channels last"). No tensors here.
#pragma once

#include <cstdint>

namespace darkroom::layers {

/// Per channel over `pixels` rows of `channels` floats: sums of x - shift[channel] and of its square are added.
void add_channel_sums(const float* x, std::int64_t pixels, std::int64_t channels, const float* shift, double* sums,
                      double* squares);

/// y = x * factor[channel] + offset[channel], and with `silu` y / (1 + exp(-y)) of that. x and y may be the same.
void scale_channels(const float* x, float* y, std::int64_t pixels, std::int64_t channels, const float* factor,
                    const float* offset, bool silu);

/// Both of bf16 numbers, the upper halves of fp32 ones: widened, and what comes out rounded to nearest.
void add_bf16_channel_sums(const std::uint16_t* x, std::int64_t pixels, std::int64_t channels, const float* shift,
                           double* sums, double* squares);
void scale_bf16_channels(const std::uint16_t* x, std::uint16_t* y, std::int64_t pixels, std::int64_t channels,
                         const float* factor, const float* offset, bool silu);

/// Layer normalisation of one row of bf16 numbers, in fp32: (x - mean) / sqrt(variance + eps) * weight + bias.
void normalise_bf16_row(const std::uint16_t* x, std::int64_t width, const float* weight, const float* bias, float eps,
                        std::uint16_t* y);

/// One tile on the way back. Per channel, x * normal_factor + normal_offset is the normal value n, and x * factor +
/// offset is y; g is the gradient of y, or with `silu` of y / (1 + exp(-y)).
struct TileGradients {
  const float *x, *g, *normal_factor, *normal_offset, *factor, *offset;
  bool silu;
};
/// d, the gradient of y; per channel the sums of d and of d * n are added to `sums` and `along`.
void scaled_gradients(const TileGradients& tile, std::int64_t pixels, std::int64_t channels, float* d, double* sums,
                      double* along);

/// d = d * factor[channel] + x * slope[channel] + shift[channel].
void add_scaled(float* d, const float* x, std::int64_t pixels, std::int64_t channels, const float* factor,
                const float* slope, const float* shift);

}  // namespace darkroom::layers
