// What a trained LoRA file says of how it was made, in kohya's words: other programs show it, and choose by it.
// Source of truth: sd-scripts, train_network.py (metadata), library/sai_model_spec.py (modelspec.*).
#pragma once

#include <map>
#include <string>

#include "checkpoint/description.h"
#include "train/lora_training.h"
#include "train/training_pictures.h"

namespace darkroom::train {

/// How far the run was when the file was made, and what it started from.
struct LoraProgress {
  int64_t steps = 0, epoch = 0, epochs = 0, max_steps = 0;
  std::string model_hash, old_model_hash;  ///< SHA-256, and A1111's first kind of 8 digits; empty for folders
};

/// All values are texts as Python prints them. Nothing in it depends on the time or the machine: the same run makes the
/// same file.
std::map<std::string, std::string> lora_metadata(const LoraTraining& options, const TrainingSet& set,
                                                 const checkpoint::ModelDescription& model,
                                                 const LoraProgress& progress);

}  // namespace darkroom::train
