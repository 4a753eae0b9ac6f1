// LoRA files that become part of the model before a new one is trained upon it.
// Source of truth: sd-scripts, train_network.py (base_weights).
#pragma once

#include <string>

#include "checkpoint/load.h"
#include "train/lora_training.h"

namespace darkroom::train {

/// Merges options.base_weights into the weights of `model`, in their order. Logs and throws as
/// adapters::fitted_files().
void merge_base_weights(const LoraTraining& options, checkpoint::Checkpoint& model);

/// Of all the files in one; "" without any.
std::string base_weights_sha256(const LoraTraining& options);

}  // namespace darkroom::train
