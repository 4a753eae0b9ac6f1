// What a trained file says of the pictures it was trained with, in kohya's words.
// Source of truth: sd-scripts, train_network.py (metadata of datasets).
#pragma once

#include <map>
#include <string>

#include "train/lora_training.h"
#include "train/training_pictures.h"

namespace darkroom::train {

/// Adds ss_num_train_images and the like, ss_tag_frequency and ss_dataset_dirs; of a dataset_config ss_datasets, a list
/// of what each of its datasets and subsets said, else the one dataset's ss_resolution, ss_bucket_info and so on.
void add_dataset_metadata(std::map<std::string, std::string>& metadata, const LoraTraining& options,
                          const TrainingSet& set);

/// Of all datasets the one with the most pixels.
PixelSize largest_resolution(const LoraTraining& options, const TrainingSet& set);

}  // namespace darkroom::train
