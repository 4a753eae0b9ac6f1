// Layer normalisation of bf16 numbers, computed in fp32.
#pragma once

#include "base/tensor.h"

namespace darkroom::layers {

/// Whether bf16_layer_norm() does it: x and weight bf16 on a CPU where has_bf16_kernels() (bf16_kernels.h).
bool can_use_bf16_layer_norm(const Tensor& x, const Tensor& weight);

/// As at::layer_norm over the last dimension. Records no gradients.
Tensor bf16_layer_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, double eps);

}  // namespace darkroom::layers
