// What a UNet is told besides x and t.
#pragma once

#include "base/tensor.h"

namespace darkroom::models {

struct Conditioning {
  Tensor context;  ///< [B, 77·n, C]: text encoder states
  Tensor vector;   ///< [B, V]: SDXL's pooled text and sizes; undefined where the UNet has no vector input
  Tensor picture;  ///< [B, 5, H, W]: what inpainting models see beside x; undefined for all others
};

}  // namespace darkroom::models
