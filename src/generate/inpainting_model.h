// What inpainting models are shown beside the noisy latent: which part is to be made, and the picture without it.
// Source of truth: A1111, modules/processing.py (inpainting_image_conditioning, txt2img_image_conditioning).
#pragma once

#include "generate/loaded_model.h"

namespace darkroom::generate {

/// [B, 1 + C, h, w]: the mask, and the latents of `picture` ([B,3,H,W] in [-1, 1]) of which `weight` (0 to 1) of what
/// is masked is replaced by grey. `hidden`: [1,1,H,W], 1 = masked; undefined = all of it. `latents`: whose size is
/// meant.
Tensor shown_channels(const LoadedModel::Parts& parts, const Tensor& picture, const Tensor& hidden, double weight,
                      const Tensor& latents);

/// The same where there is no picture yet: a grey one, all of it masked. `height`, `width` in pixels.
Tensor shown_nothing(const LoadedModel::Parts& parts, int64_t height, int64_t width);

}  // namespace darkroom::generate
