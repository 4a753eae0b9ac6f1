// What is added to a layer's output beside its weights: a LoRA that is being trained, or tried out without a merge.
#pragma once

#include <functional>

#include "base/tensor.h"

namespace darkroom::layers {

/// The layer's input -> what is added to its output, of the output's shape. Empty = nothing.
using SidePath = std::function<Tensor(const Tensor& x)>;

}  // namespace darkroom::layers
