// Inpainting: a Denoiser around a Denoiser that keeps a part of the latent as it was.
// Source of truth: A1111, modules/sd_samplers_cfg_denoiser.py (apply_blend).
#pragma once

#include "diffusion/denoiser.h"

namespace darkroom::diffusion {

/// Which part of a latent is made anew. All of [B,C,H,W], or broadcast to it.
struct LatentMask {
  Tensor share;  ///< 1 = made anew, 0 = kept
  Tensor kept;   ///< the latent that is kept, without noise

  Tensor blended(const Tensor& made) const { return made * share + kept * (1 - share); }
};

/// Answers `kept` where it is kept. `unconditional`, where given, is the unconditional half of the answer and is
/// treated alike; it must outlive the result.
Denoiser masked_answer(Denoiser denoise, LatentMask mask, Tensor* unconditional = nullptr);

/// Shows the network `kept` there, in its own scaling and without noise, and answers so that the sampler takes the
/// noise the network found as that of its own latent: what A1111's timestep samplers do.
Denoiser masked_input(Denoiser denoise, LatentMask mask, Tensor* unconditional = nullptr);

}  // namespace darkroom::diffusion
