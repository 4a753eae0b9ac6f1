// A low-rank change of a layer's weight that is computed beside it: y + up(down(x)) instead of (W + up down) x.
#pragma once

#include "base/tensor.h"

namespace darkroom::layers {

/// In the weight's dtype. For a matrix [out, in]: down [r, in], up [out, r]; for a kernel [out, in, k, k]: down
/// [r, in, k, k], up [out, r, 1, 1].
struct Addition {
  Tensor down, up;
};

}  // namespace darkroom::layers
