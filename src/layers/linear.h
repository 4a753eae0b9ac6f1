// y = x Wᵀ + b, and what is added beside the weight.
#pragma once

#include <vector>

#include "layers/addition.h"
#include "layers/module.h"

namespace darkroom::layers {

struct Linear : Module {
  Tensor weight;  ///< [out, in]
  Tensor bias;    ///< [out], undefined when built without
  std::vector<Addition> additions;

  Linear(int64_t in, int64_t out, bool has_bias = true);
  Tensor forward(const Tensor& x) const;  ///< [..., in] -> [..., out]
};

}  // namespace darkroom::layers
