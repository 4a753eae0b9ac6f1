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

/// The same for prompts that change and prompts that are several: the answer is u + the sum of weight * cfg_scale *
/// (c - u) over the parts. Counts its calls, so it serves one run of a sampler. `plan` must outlive it too.
diffusion::Denoiser guided_unet(const LoadedModel::Parts& parts, const PromptPlan& plan, double cfg_scale, int batch,
                                Tensor* unconditional = nullptr);

}  // namespace darkroom::generate
