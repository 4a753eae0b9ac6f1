// Group normalisation and SiLU in one go where gradients are recorded: nothing between the two is kept.
#pragma once

#include "base/tensor.h"

namespace darkroom::layers {

/// As fused_group_norm(), with gradients of x, weight and bias. The same conditions hold. The same bits for any number
/// of threads.
Tensor group_norm_with_gradient(const Tensor& x, int64_t groups, const Tensor& weight, const Tensor& bias, double eps,
                                bool silu);

}  // namespace darkroom::layers
