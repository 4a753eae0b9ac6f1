// 3 x 3 convolutions with less than half the multiplications (kernels/winograd_kernel.h), for pictures whose channels
// lie side by side. Forward only, fp32. Rounding is about that of the plain sum.
#pragma once

#include "base/tensor.h"

namespace darkroom::layers {

/// fp32 on the CPU, channels last, kernels [out, in, 3, 3], stride 1, padding 1, channels that fill vectors, and enough
/// pixels to be worth it.
bool can_use_winograd(const Tensor& x, const Tensor& weight, int64_t stride, int64_t padding);

/// at::conv2d(x, weight, bias, 1, 1), channels last. `bias` may be undefined. The same bits for any number of threads
/// and in any batch. Requires: can_use_winograd().
Tensor winograd_conv(const Tensor& x, const Tensor& weight, const Tensor& bias);

}  // namespace darkroom::layers
