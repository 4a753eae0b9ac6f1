// Ranks by module, as a LoRA file has them: dim_from_weights.
// Source of truth: sd-scripts, networks/lora.py create_network_from_weights.
#pragma once

#include <optional>

#include "train/lora_training.h"

namespace darkroom::train {

/// `options` with network.ranks as network_weights has them, where dim_from_weights says so; network.dim and
/// network.alpha are those of its modules, where all have the same. Parts of the model it has no modules for are not
/// trained. Throws Error{invalid_request} for a file without kohya's modules, and as read_safetensors() does.
LoraTraining with_ranks_of_file(LoraTraining options);

/// The rank of all modules, or their alpha; nothing where they differ.
std::optional<int64_t> one_dim(const LoraOptions& network);
std::optional<double> one_alpha(const LoraOptions& network);

}  // namespace darkroom::train
