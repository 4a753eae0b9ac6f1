// The few libtorch names we use everywhere. ATen alone: torch/torch.h takes three times as long to compile and
// nothing here needs it (modules are ours, see layers/module.h).
#pragma once

#include <ATen/ATen.h>

namespace darkroom {

using at::Tensor;

/// No gradients are recorded inside the scope of this guard.
using NoGrad = at::NoGradGuard;

}  // namespace darkroom
