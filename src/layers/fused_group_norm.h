// Group normalisation and SiLU in one go over a picture whose channels lie side by side. libtorch takes the variance
// there as a difference of two means of squares, which loses most digits where a group hardly varies; here it is exact
// as well.
#pragma once

#include "base/tensor.h"

namespace darkroom::layers {

/// Whether fused_group_norm() does it: fp32 on a CPU, four dimensions, channels last.
bool can_fuse_group_norm(const Tensor& x, const Tensor& weight);

/// As at::group_norm, followed by at::silu where asked for. The result has the same bits for every number of threads
/// and in every batch. Records no gradients: see group_norm_gradient.h.
Tensor fused_group_norm(const Tensor& x, int64_t groups, const Tensor& weight, const Tensor& bias, double eps,
                        bool silu);

/// Its two halves: each picture's and group's mean and 1 / sqrt(variance + eps), [B, groups, 2] in double, and what is
/// made of x by them.
Tensor group_statistics(const Tensor& x, int64_t groups, double eps);
Tensor scaled_groups(const Tensor& x, const Tensor& statistics, const Tensor& weight, const Tensor& bias, bool silu);

/// The gradients of fused_group_norm() from g, the one of its result, which lies in memory as x does.
struct GroupNormGradients {
  Tensor x, weight, bias;
};
GroupNormGradients fused_group_norm_gradients(const Tensor& g, const Tensor& x, const Tensor& statistics,
                                              const Tensor& weight, const Tensor& bias, bool silu);

}  // namespace darkroom::layers
