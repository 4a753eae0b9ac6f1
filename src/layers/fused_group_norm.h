// Group normalisation and SiLU in one go over a picture whose channels lie side by side. libtorch takes the variance
// there as a difference of two means of squares, which loses most digits where a group hardly varies; here it is exact
// as well.
#pragma once

#include "base/tensor.h"

namespace darkroom::layers {

/// Whether fused_group_norm() does it: fp32 on a CPU, four dimensions, channels last.
bool can_fuse_group_norm(const Tensor& x, const Tensor& weight);

/// As at::group_norm, followed by at::silu where asked for. The result has the same bits for every number of threads
/// and in every batch. Forward only.
Tensor fused_group_norm(const Tensor& x, int64_t groups, const Tensor& weight, const Tensor& bias, double eps,
                        bool silu);

}  // namespace darkroom::layers
