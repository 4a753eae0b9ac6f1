// Latents of another size: the "Latent" family of upscalers, which are torch's own interpolations.
#pragma once

#include <string>

#include "base/tensor.h"
#include "generate/menu.h"

namespace darkroom::generate {

bool is_latent_upscaler(const std::string& name);

/// [B,C,h,w] -> [B,C,height,width]. Requires: a name of the family, in any case.
Tensor enlarged_latents(const Tensor& latents, const std::string& name, int64_t height, int64_t width);

}  // namespace darkroom::generate
