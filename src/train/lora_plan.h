// What a LoRA run will do, before it starts: the numbers are those the run counts with.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "train/training_pictures.h"

namespace darkroom::train {

struct LoraPlan {
  struct Folder {
    std::string name;
    int64_t pictures = 0, repeats = 0, with_caption_file = 0;
    bool is_regularisation = false;
  };
  struct Bucket {
    PixelSize size;
    int64_t pictures = 0;  ///< repeats counted
    int64_t batches = 0;
  };
  struct Part {
    std::string name;  ///< "unet", "textencoder"
    int64_t modules = 0, parameters = 0;
    double rate = 0;  ///< the highest learning rate of it
  };
  std::vector<Folder> folders;
  std::vector<Bucket> buckets;
  std::vector<Part> parts;
  int64_t validation_pictures = 0;
  double mean_crop_loss = 0, largest_crop_loss = 0;  ///< share of a picture's area that is cut away
  std::string largest_crop_file;
  int64_t batch_size = 0, accumulation = 0, batches_per_epoch = 0, steps_per_epoch = 0, steps = 0, epochs = 0;
  int64_t steps_done = 0;  ///< of a run that would be continued
  std::string optimizer, schedule;
  std::vector<std::pair<int64_t, double>> rate_curve;        ///< (step, factor)
  bool trains_the_model = false;                             ///< full fine-tuning: there is no LoRA beside it
  int64_t lora_bytes = 0, state_bytes = 0, model_bytes = 0;  ///< state: gradients, optimizer, average
  int64_t step_bytes = 0;                                    ///< about what a step takes besides
  int64_t machine_bytes = 0;                                 ///< memory there is; 0 = unknown
  std::string memory_warning;                                ///< where all that is more than there is
  int64_t file_bytes = 0;  ///< of a finished file in save_precision: the LoRA, or the whole checkpoint
  /// Measured: the largest batch was computed twice, nothing was changed.
  struct Probe {
    double seconds_per_step = 0;  ///< of an epoch's mean, in proportion to the pixels
    int64_t peak_bytes = 0;       ///< of the whole process so far
  };
  std::optional<Probe> probe;
  std::map<std::string, std::string> effects;  ///< option -> what it does in this run; lora_effects.h
};

/// The part of a plan that follows from the pictures: folders, buckets and what is cropped.
LoraPlan plan_of_pictures(const TrainingSet& set);

/// With the steps and the learning rate's way; parts and bytes are the model's and stay open. Throws Error as
/// lr_schedule_of() does.
LoraPlan plan_of_run(const LoraTraining& options, const TrainingSet& set);

/// For people: tables and the learning rate as a curve.
std::string plan_text(const LoraPlan& plan);
std::string plan_json(const LoraPlan& plan);

}  // namespace darkroom::train
