// 3 x 3 convolutions with less than half the multiplications (kernels/winograd_kernel.h), for pictures whose channels
// lie side by side, and their gradients. fp32. Rounding is about that of the plain sum. The same bits for any number of
// threads.
#pragma once

#include "base/tensor.h"

namespace darkroom::layers {

/// fp32 on the CPU, channels last, kernels [out, in, 3, 3] stored in fp32, fp16 or bf16, stride 1, padding 1, and
/// channels that fill vectors.
bool can_use_winograd(const Tensor& x, const Tensor& weight, int64_t stride, int64_t padding);
/// Of kernels for which that holds: whether gradients can be computed so too.
bool has_winograd_gradients(const Tensor& weight);

/// at::conv2d(x, weight, bias, 1, 1), channels last. `bias` may be undefined. A picture has the same bits in any batch.
/// Requires: can_use_winograd().
Tensor winograd_conv(const Tensor& x, const Tensor& weight, const Tensor& bias);

/// The gradients of that from g, the one of its result, channels last; the weight's is channels last too.
/// Require also: has_winograd_gradients().
Tensor winograd_input_gradient(const Tensor& g, const Tensor& weight);
Tensor winograd_weight_gradient(const Tensor& x, const Tensor& g);

/// How often kernels were transformed since the program began, for a convolution or for the gradient of its input. To
/// be watched: it must not grow with pixels or threads.
int64_t kernel_transformations();

}  // namespace darkroom::layers
