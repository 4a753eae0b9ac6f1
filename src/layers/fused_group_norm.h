// Group normalisation and SiLU in one go over a picture whose channels lie side by side. libtorch takes the variance
// there as a difference of two means of squares, which loses most digits where a group hardly varies; here it is exact
// as well.
#pragma once

#include <vector>

#include "base/tensor.h"

namespace darkroom::layers {

/// Whether fused_group_norm() does it: fp32 on a CPU, or where no gradients are recorded and has_bf16_kernels()
/// (bf16_kernels.h) bf16, which is computed in fp32; x and weight of one type, four dimensions, channels last.
bool can_fuse_group_norm(const Tensor& x, const Tensor& weight);

/// As at::group_norm, followed by at::silu where asked for. The result has the same bits for every number of threads
/// and in every batch. Records no gradients: see group_norm_gradient.h.
Tensor fused_group_norm(const Tensor& x, int64_t groups, const Tensor& weight, const Tensor& bias, double eps,
                        bool silu);

/// Its two halves: each picture's and group's mean and 1 / sqrt(variance + eps), [B, groups, 2] in double, and what is
/// made of x by them.
Tensor group_statistics(const Tensor& x, int64_t groups, double eps);
Tensor scaled_groups(const Tensor& x, const Tensor& statistics, const Tensor& weight, const Tensor& bias, bool silu);

/// What a group normalisation multiplies each channel of one picture with, and what it adds.
struct ChannelScaling {
  std::vector<float> factor, offset;
};

/// Of a picture that lies in strips of rows, each [1, C, rows, W] as can_fuse_group_norm() wants it: statistics are
/// those of the whole, and where the pixels of every strip but the last are a multiple of kTilePixels, to the last bit.
ChannelScaling channel_scaling(const std::vector<Tensor>& strips, int64_t groups, const Tensor& weight,
                               const Tensor& bias, double eps);
inline constexpr int64_t kTilePixels = 256;  ///< whose sums are made apart: the unit in which threads share the work

/// Rows x, [1, C, rows, W], scaled into y of the same shape, both channels last.
void scale_rows(const Tensor& x, const ChannelScaling& scaling, bool silu, const Tensor& y);

/// The gradients of fused_group_norm() from g, the one of its result, which lies in memory as x does.
struct GroupNormGradients {
  Tensor x, weight, bias;
};
GroupNormGradients fused_group_norm_gradients(const Tensor& g, const Tensor& x, const Tensor& statistics,
                                              const Tensor& weight, const Tensor& bias, bool silu);

}  // namespace darkroom::layers
