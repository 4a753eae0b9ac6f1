// The UNet, told a prompt and what to avoid, as the Denoiser a sampler walks with.
#pragma once

#include "diffusion/denoiser.h"
#include "generate/loaded_model.h"
#include "generate/prompt_pair.h"

namespace darkroom::generate {

/// For `batch` pictures. One network call per step where both texts have the same number of chunks, two where they
/// differ, half a one at CFG scale 1. `parts` must outlive it, and `unconditional`, where given: it gets the
/// unconditional half of each answer, which is then computed at every scale.
diffusion::Denoiser guided_unet(const LoadedModel::Parts& parts, const PromptPair& pair, double cfg_scale, int batch,
                                Tensor* unconditional = nullptr);

}  // namespace darkroom::generate
