// The pictures of a LoRA run: where each lies, which size it is trained at, and in which batch it comes.
// Source of truth: sd-scripts, library/train_util.py BaseDataset; the order of an epoch is our own (random.h).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "imaging/image.h"
#include "train/buckets.h"
#include "train/dataset_config.h"
#include "train/lora_training.h"

namespace darkroom::train {

struct TrainingPicture {
  std::filesystem::path file;
  std::vector<std::string> caption;  ///< lines; at least one
  int64_t repeats = 1;
  bool has_caption_file = false, is_regularisation = false;
  std::string folder;          ///< its name: "10_sks dog"
  PixelSize original;          ///< upright
  BucketPlace place;           ///< what it is scaled to and cropped to
  std::string file_hash;       ///< SHA-256 of the file
  std::filesystem::path mask;  ///< a picture whose red says how much of this one counts; empty = none
  std::string mask_hash;
  std::shared_ptr<const PictureOptions> options;
};

/// Pictures trained at one size, together.
struct TrainingBucket {
  PixelSize size;
  int64_t batch_size = 1;
  size_t dataset = 0;             ///< whose: of TrainingSet::datasets
  std::vector<int64_t> pictures;  ///< indices into TrainingSet::trained, as often as they come in an epoch

  int64_t batches() const { return (int64_t(pictures.size()) + batch_size - 1) / batch_size; }  ///< the last: smaller
};

struct TrainingSet {
  std::vector<TrainingDataset> datasets;  ///< what the pictures come from
  std::vector<TrainingPicture> trained, validation;
  std::vector<TrainingBucket> buckets;  ///< by dataset, then by size

  int64_t pictures_per_epoch() const;
  int64_t batches_per_epoch() const;
  int64_t largest_batch() const;
};

/// Reads folders, captions and the sizes of all pictures, from train_data_dir and reg_data_dir or as dataset_config
/// says. Regularisation pictures are repeated, or left out, until there are as many as trained ones. `on_picture(done,
/// all)` is called after each. Throws Error as read_image_folders() and place_in_bucket() do, naming the picture.
TrainingSet read_training_set(const LoraTraining& options, const std::function<void(int64_t, int64_t)>& on_picture);

/// The same to look at: sizes as `size_of` says them, no hashes, nothing is logged.
TrainingSet sized_training_set(const LoraTraining& options,
                               const std::function<PixelSize(const std::filesystem::path&)>& size_of);

/// The batches of epoch `epoch` (from 0) in their order: indices into `trained`, all of one bucket each.
std::vector<std::vector<int64_t>> epoch_batches(const TrainingSet& set, uint64_t seed, int64_t epoch);

/// What of a scaled picture is seen: its size is the bucket's.
struct Crop {
  int left = 0, top = 0;
};
Crop middle_crop(const BucketPlace& place);

/// The picture scaled as its place says: by area where it shrinks, by Lanczos where it grows.
struct ScaledPicture {
  Image rgb;    ///< transparent pixels were put on the background
  Image alpha;  ///< one channel: how much counts, of the mask or of the file; empty where there is neither
};
/// `background`: "#ffffff", or "none": colours hidden under transparent pixels show.
ScaledPicture scaled_picture(const TrainingPicture& picture, const std::string& background);

}  // namespace darkroom::train
