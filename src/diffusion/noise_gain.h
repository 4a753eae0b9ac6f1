// How much of what the network gets wrong a sampler leaves in the picture, from the sampler and its levels alone.
#pragma once

#include "diffusion/samplers.h"

namespace darkroom::diffusion {

/// The deviation of the result if every denoiser call is off by independent noise of deviation 1: the root of the sum
/// of squares of the calls' weights in it. Below about 1.5 nothing is amplified. Counts the errors' direct way only,
/// not what the network makes of a latent that carries them. Fresh noise is left out. Throws Error{invalid_request} for
/// a sampler whose steps depend on the latent (DPM adaptive).
double noise_gain(const SamplerInfo& sampler, const Sigmas& sigmas, const SampleOptions& options = {});

}  // namespace darkroom::diffusion
