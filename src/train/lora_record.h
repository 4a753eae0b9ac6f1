// What a LoRA run is, in lines "name = value": its options and what its files held. Only as the same run is it
// continued (run_record.h).
#pragma once

#include <string>

#include "train/lora_training.h"
#include "train/training_pictures.h"

namespace darkroom::train {

/// `resolved` and the hashes of the model, the pictures with all that is said of them, of a vae and base_weights that
/// are files of their own; the options of dataset_config's subsets; last run_id, the first digits of the hash of all
/// that, as git names commits. Throws Error{io}.
std::string lora_record(const std::string& resolved, const std::string& model_sha256, const LoraTraining& options,
                        const TrainingSet& set);

/// Lines of `now` about things that the program did not yet record when it wrote `saved`: they are taken to be the
/// same.
std::string unsaid_by_earlier_programs(const std::string& saved, const std::string& now);

/// What a continued run may say otherwise: how long it goes on, what computes it, and what it leaves behind.
bool may_differ_when_continued(const std::string& name);

}  // namespace darkroom::train
