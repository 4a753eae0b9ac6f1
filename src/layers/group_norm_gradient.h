// Group normalisation and SiLU in one go where gradients are recorded: nothing between the two is kept.
#pragma once

#include "base/tensor.h"

namespace darkroom::layers {

/// Whether group_norm_with_gradient() takes bf16: under autocast to it where has_bf16_kernels(), weights fp32, x on a
/// CPU, channels last.
bool can_norm_groups_of_bf16(const Tensor& x, const Tensor& weight);

/// As fused_group_norm(), with gradients of x, weight and bias. The same conditions hold, or the one above: then bf16
/// comes out, and all is computed in fp32. The same bits for any number of threads.
Tensor group_norm_with_gradient(const Tensor& x, int64_t groups, const Tensor& weight, const Tensor& bias, double eps,
                                bool silu);

}  // namespace darkroom::layers
