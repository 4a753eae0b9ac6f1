// y = x Wᵀ + b, and what is added beside the weight.
#pragma once

#include "layers/module.h"
#include "layers/side_path.h"

namespace darkroom::layers {

struct Linear : Module {
  Tensor weight;  ///< [out, in]; may be stored in another type than is computed in, see stored_weight.h
  Tensor bias;    ///< [out], undefined when built without
  SidePath side;  ///< usually none

  Linear(int64_t in, int64_t out, bool has_bias = true);
  Tensor forward(const Tensor& x) const;  ///< [..., in] -> [..., out]
};

}  // namespace darkroom::layers
