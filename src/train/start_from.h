// A model that a training begins with, instead of random values. Its vocabulary may be another one: what a token means
// is learnt under its spelling, not under its number.
#pragma once

#include <filesystem>

#include "checkpoint/description.h"
#include "models/clip_text.h"
#include "models/unet.h"

namespace darkroom::train {

/// How many rows of the token table came from the other model, and how many stayed as they were initialised.
struct TokensCarriedOver {
  int64_t kept = 0, fresh = 0;
};

/// Gives `text` and `unet`, which are initialised and described by `model`, the values of the model at `start`: every
/// parameter by its name, and of the token table the rows of tokens that both vocabularies spell alike. Says in one
/// line what was carried over.
/// Throws Error{invalid_request} where a parameter has another shape or is not there, naming the first with both
/// shapes, and as load_checkpoint() for `start`.
TokensCarriedOver start_from(const std::filesystem::path& start, const checkpoint::ModelDescription& model,
                             models::ClipText& text, models::UNet& unet);

}  // namespace darkroom::train
