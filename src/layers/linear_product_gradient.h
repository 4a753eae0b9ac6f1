// linear_product() and gelu_gated() with gradients.
#pragma once

#include "base/tensor.h"

namespace darkroom::layers {

/// Whether a gradient of any of these would be recorded now; each may be undefined.
bool wants_gradient(const Tensor& x, const Tensor& weight, const Tensor& bias);

/// Whether linear_product_with_gradient() does it: inputs in whole panels.
bool has_linear_product_gradient(const Tensor& weight);

/// The same value. The gradient of x is a product of the same kind; that of a weight is libtorch's. Requires:
/// can_use_linear_product() and has_linear_product_gradient().
Tensor linear_product_with_gradient(const Tensor& x, const Tensor& weight, const Tensor& bias);

/// gelu_gated() with its gradient: of both halves nothing is kept beside them.
Tensor gelu_gated_with_gradient(const Tensor& x);

}  // namespace darkroom::layers
