// What every sampler walks with. Guidance, inpainting and prompt schedules are Denoisers around Denoisers.
#pragma once

#include <functional>

#include "base/tensor.h"

namespace darkroom::diffusion {

/// The expected clean latent for a noisy one: x [B,C,H,W] float32 in which x = x0 + sigma * noise ("variance
/// exploding"), sigma > 0 -> denoised, of x's shape and dtype.
using Denoiser = std::function<Tensor(const Tensor& x, double sigma)>;

}  // namespace darkroom::diffusion
