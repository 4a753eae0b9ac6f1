// What a LoRA run is, in lines "name = value": its options and what its files held. Only as the same run is it
// continued (run_record.h).
#pragma once

#include <string>

#include "train/lora_training.h"
#include "train/training_pictures.h"

namespace darkroom::train {

/// `resolved` and the hashes of the model, the pictures with all that is said of them, and base_weights; last run_id,
/// the first digits of the hash of all that, as git names commits. Throws Error{io}.
std::string lora_record(const std::string& resolved, const std::string& model_sha256, const LoraTraining& options,
                        const TrainingSet& set);

/// What a continued run may say otherwise: how long it goes on, and what it leaves behind.
bool may_differ_when_continued(const std::string& name);

}  // namespace darkroom::train
