// Parts of a 3 x 3 convolution in Winograd's form F(2 x 2, 3 x 3): four outputs of a channel take 16 products instead
// of 36. Lavin & Gray 2016, "Fast Algorithms for Convolutional Neural Networks", equations 8 and 11. No tensors here.
#pragma once

#include <cstdint>

namespace darkroom::layers {

/// Positions in a tile: a 4 x 4 window becomes 16 numbers, of which each is multiplied with those of its own position.
inline constexpr std::int64_t kWinogradPositions = 16;

/// Output channels that are computed together: kernels are packed in the panels of product_kernel.h.
std::int64_t winograd_panel();
/// Channels must be multiples of this.
std::int64_t winograd_lanes();

/// Floats between neighbours of a kernel tensor; negative ones walk it backwards. `out` times lanes must fit in int32.
struct KernelStrides {
  std::int64_t out, in, y, x;
};

/// Kernels of winograd_panel() output channels, from the upper left tap of the first on, as u[position][in][panel],
/// positions `stride` floats apart.
void transform_kernels(const float* taps, KernelStrides strides, std::int64_t in, float* u, std::int64_t stride);

/// One tile's 4 x 4 window of `channels` each, given as pointers to its pixels (of zeros where there is no pixel), as
/// v[position][channel], positions `stride` floats apart.
void transform_window(const float* const* pixels, std::int64_t channels, float* v, std::int64_t stride);

/// m[position][channel], positions `stride` floats apart, as the tile's 2 x 2 outputs plus `bias`; null pixels are left
/// out.
void transform_outputs(const float* m, std::int64_t stride, std::int64_t channels, const float* bias,
                       float* const* pixels);

// Backwards, for the gradient of the kernels: of u = G g Gᵀ, v = Bᵀ d B and y = Aᵀ (sum over in of u v) A. The gradient
// of the pictures is a convolution of its own, with kernels rotated and in and out exchanged.

/// One tile's gradients of its 2 x 2 outputs (of zeros where there is no pixel) as m[position][channel].
void transform_output_gradients(const float* const* pixels, std::int64_t channels, float* m, std::int64_t stride);

/// Of one position: u[row][0 .. panel) += sum over tiles of left[tile][row] * right[tile][0 .. panel). Neighbouring
/// tiles of `left` are `rows` floats apart, those of `right` and neighbouring rows of u `stride`.
void add_products_panel(const float* left, std::int64_t rows, const float* right, std::int64_t stride,
                        std::int64_t tiles, float* u);

/// Gradients u[position][0 .. count) as those of the nine taps, taps[3 y + x][0 .. count), `tap_stride` floats apart.
/// `count` must be a multiple of winograd_lanes().
void transform_kernel_gradients(const float* u, std::int64_t stride, std::int64_t count, float* taps,
                                std::int64_t tap_stride);

}  // namespace darkroom::layers
