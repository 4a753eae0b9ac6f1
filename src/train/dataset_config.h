// Which folders are trained and how: kohya's folders, or its dataset file with options for each of them.
// Source of truth: sd-scripts, docs/config_README-en.md, library/config_util.py.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "train/image_folders.h"
#include "train/lora_training.h"

namespace darkroom::train {

struct DatasetSubset {
  std::vector<ImageFolder> folders;  ///< at least one
  bool is_regularisation = false;
  std::shared_ptr<const PictureOptions> options;  ///< settled
};

/// Folders that share resolution, buckets and batch size.
struct TrainingDataset {
  std::vector<DatasetSubset> subsets;  ///< at least one
  int64_t batch_size = 1;
  double validation_split = 0;
  uint64_t validation_seed = 0;
};

/// One dataset of train_data_dir and reg_data_dir; or those of dataset_config, a TOML file with [general], [[datasets]]
/// and [[datasets.subsets]]: what a subset does not say, its dataset does, then general, then the options of the run.
/// A folder that stands twice in a dataset is read once, which is logged. Throws Error: as read_image_folders(), and
/// invalid_request naming the file and the key for what is unknown or cannot be.
std::vector<TrainingDataset> training_datasets(const LoraTraining& options);

/// Every option of every subset, in lines "dataset1_subset2_flip_aug = true".
std::string recorded(const std::vector<TrainingDataset>& datasets);

}  // namespace darkroom::train
