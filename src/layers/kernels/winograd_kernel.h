// Parts of a 3 x 3 convolution in Winograd's form F(2 x 2, 3 x 3): four outputs of a channel take 16 products instead
// of
// 36. Lavin & Gray 2016, "Fast Algorithms for Convolutional Neural Networks", equations 8 and 11. No tensors here.
#pragma once

#include <cstdint>

namespace darkroom::layers {

/// Positions in a tile: a 4 x 4 window becomes 16 numbers, of which each is multiplied with those of its own position.
inline constexpr std::int64_t kWinogradPositions = 16;

/// Output channels that are computed together; kernels are packed in panels of so many.
std::int64_t winograd_panel();
/// Channels must be multiples of this.
std::int64_t winograd_lanes();

/// Kernels [out, in, 3, 3] of output channels first .. first + winograd_panel() as u[position][in][panel], positions
/// `stride` floats apart.
void transform_kernels(const float* kernels, std::int64_t in, std::int64_t first, float* u, std::int64_t stride);

/// One tile's 4 x 4 window of `channels` each, given as pointers to its pixels (of zeros where there is no pixel), as
/// v[position][channel], positions `stride` floats apart.
void transform_window(const float* const* pixels, std::int64_t channels, float* v, std::int64_t stride);

/// out[row][0 .. panel) = sum over k of a[row][k] * panel[k]; rows `a_stride` and `out_stride` floats apart. The order
/// of the sum does not depend on the rows.
void multiply_panel(const float* a, std::int64_t a_stride, std::int64_t rows, std::int64_t depth, const float* panel,
                    float* out, std::int64_t out_stride);

/// m[position][channel], positions `stride` floats apart, as the tile's 2 x 2 outputs plus `bias`; null pixels are left
/// out.
void transform_outputs(const float* m, std::int64_t stride, std::int64_t channels, const float* bias,
                       float* const* pixels);

}  // namespace darkroom::layers
