// Winograd's convolution where gradients are recorded.
#pragma once

#include "base/tensor.h"

namespace darkroom::layers {

/// As winograd_conv(), with gradients of x, weight and bias. The same conditions hold, has_winograd_gradients() as
/// well.
Tensor winograd_conv_with_gradient(const Tensor& x, const Tensor& weight, const Tensor& bias);

}  // namespace darkroom::layers
