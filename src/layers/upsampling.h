// Pictures made larger inside networks.
#pragma once

#include "base/tensor.h"

namespace darkroom::layers {

/// By nearest neighbour: [B, C, H, W] -> [B, C, height, width].
Tensor enlarged(const Tensor& x, int64_t height, int64_t width);

}  // namespace darkroom::layers
