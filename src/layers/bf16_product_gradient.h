// Linear layers and convolutions in bf16 where gradients go through them: those of a model beside which a LoRA learns,
// whose weights stay, and the linear layers that learn. Of weights that stay nothing of the input is kept. Weights are
// packed for each call, forwards and backwards: packed ones kept beside the stored would take as much memory as the
// model.
#pragma once

#include "base/tensor.h"

namespace darkroom::layers {

/// Whether a network is trained in bf16 now, and has_bf16_kernels(): under libtorch's autocast, which does the rest.
bool computes_in_bf16();

/// Whether the functions below do it: computes_in_bf16(); x fp32 or bf16 on a CPU, a weight that widen() reads, [out,
/// in] or [out, in, k, k], both even. With kernels `padding` is less than k and no gradients of kernels and bias are
/// wanted. The bias may be undefined.
bool can_go_through_in_bf16(const Tensor& x, const Tensor& weight, const Tensor& bias, int64_t padding = 0);

/// at::linear and at::conv2d of x rounded to bf16, which come out as bf16, with the gradient of x; of a linear layer
/// with those of its weight and bias, too, where they are wanted. The same bits for any number of threads. Requires:
/// can_go_through_in_bf16().
Tensor bf16_linear_with_gradient(const Tensor& x, const Tensor& weight, const Tensor& bias);
Tensor bf16_conv_with_gradient(const Tensor& x, const Tensor& weight, const Tensor& bias, int64_t stride,
                               int64_t padding);

}  // namespace darkroom::layers
