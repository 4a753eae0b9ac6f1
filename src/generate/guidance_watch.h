// What guidance does, call by call: for the lab.
#pragma once

#include <functional>

#include "base/tensor.h"

namespace darkroom::generate {

struct GuidanceWatch {
  /// After each denoiser call: the latents it got and their noise level, its answer before it is rescaled, and the
  /// answer without the prompt (to the negative prompt), all [B, C, h, w]. With it both halves are computed at every
  /// CFG scale.
  std::function<void(const Tensor& x, double sigma, const Tensor& guided, const Tensor& unconditional)> on_call;
};

}  // namespace darkroom::generate
