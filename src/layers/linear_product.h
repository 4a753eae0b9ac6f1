// x Wᵀ + b with kernels of our own (Highway), on weights as their file has them: panels of a few columns are widened
// and packed into the first cache, and all rows pass by them.
#pragma once

#include "base/tensor.h"

namespace darkroom::layers {

/// Whether linear_product() does it: x fp32 on a CPU, a weight [out, in] that widen() reads (stored_weight.h), outputs
/// in whole panels.
bool can_use_linear_product(const Tensor& x, const Tensor& weight);

/// As at::linear of x [..., in]; `bias` [out], or undefined. The result has the same bits for every number of threads
/// and in every batch. Records no gradients: see linear_product_gradient.h.
Tensor linear_product(const Tensor& x, const Tensor& weight, const Tensor& bias);

/// The first half of these outputs times GELU of the second, [..., out / 2]: the halves never go to memory. Records no
/// gradients.
bool can_use_geglu_product(const Tensor& x, const Tensor& weight);
Tensor geglu_product(const Tensor& x, const Tensor& weight, const Tensor& bias);

/// The same of outputs that were made before, something added to them perhaps: fp32 [..., out] on a CPU, to the bit
/// what geglu_product() makes of them; or bf16, computed in fp32 and rounded once. So is its gradient.
Tensor gelu_gated(const Tensor& x);

/// Its gradient from g [..., out / 2], the one of its result: [..., out].
Tensor gelu_gated_gradient(const Tensor& x, const Tensor& g);

/// g W, the gradient of x from that of the result. Requires: inputs in whole panels.
Tensor linear_product_input_gradient(const Tensor& g, const Tensor& weight);

}  // namespace darkroom::layers
