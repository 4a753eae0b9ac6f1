// Two-dimensional convolution with square kernels, and what is added beside the kernel.
#pragma once

#include <vector>

#include "layers/addition.h"
#include "layers/module.h"

namespace darkroom::layers {

struct Conv2d : Module {
  Tensor weight;  ///< [out, in, kernel, kernel]
  Tensor bias;    ///< [out]
  int64_t stride;
  int64_t padding;
  std::vector<Addition> additions;

  Conv2d(int64_t in, int64_t out, int64_t kernel, int64_t stride = 1, int64_t padding = 0);
  Tensor forward(const Tensor& x) const;  ///< [B, in, H, W] -> [B, out, H', W']
};

}  // namespace darkroom::layers
