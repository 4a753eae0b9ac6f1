// A convolution as a product of the windows, written out side by side, with kernels as they are stored. For where
// Winograd's form does not do: few pixels, or strides. libtorch would widen and reorder the kernels in each call.
#pragma once

#include "base/tensor.h"

namespace darkroom::layers {

/// fp32 on the CPU, channels last; square kernels [out, in, k, k] that linear_product() and its gradient take.
bool can_unfold(const Tensor& x, const Tensor& kernels);

/// at::conv2d(x, kernels, bias, stride, padding), channels last, without gradients. `bias` may be undefined. The same
/// bits for any number of threads and in any batch. Requires: can_unfold().
Tensor unfolded_conv(const Tensor& x, const Tensor& kernels, const Tensor& bias, int64_t stride, int64_t padding);

/// at::conv2d(x, kernels, bias, stride, padding), channels last, with gradients of all three. `bias` may be undefined.
/// The same bits for any number of threads. Requires: can_unfold().
Tensor unfolded_conv_with_gradient(const Tensor& x, const Tensor& kernels, const Tensor& bias, int64_t stride,
                                   int64_t padding);

}  // namespace darkroom::layers
