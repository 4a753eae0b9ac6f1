// The prompt and what to avoid, as the UNet is told them.
#pragma once

#include "generate/loaded_model.h"
#include "generate/request.h"
#include "models/conditioning.h"

namespace darkroom::generate {

/// Each for one picture (batch 1).
struct PromptPair {
  models::Conditioning prompt;
  models::Conditioning negative;  ///< undefined tensors at CFG scale 1, which never asks it
};

/// `always_negative`: at CFG scale 1 too. Requires: width and height are known. Throws Error{invalid_request} as
/// encode_prompt does.
PromptPair encode_prompts(const LoadedModel::Parts& parts, const GenerateRequest& request,
                          bool always_negative = false);

}  // namespace darkroom::generate
