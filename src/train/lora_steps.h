// How a LoRA run is divided: steps, epochs, batches. The plan before a run and the run itself count with it.
#pragma once

#include "train/lora_training.h"
#include "train/training_pictures.h"

namespace darkroom::train {

struct LoraSteps {
  int64_t batches_per_epoch = 0;
  int64_t accumulation = 1;
  int64_t steps_per_epoch = 0;  ///< the last of an epoch may have fewer batches
  int64_t steps = 0, epochs = 0;

  int64_t epoch_of(int64_t step) const { return step / steps_per_epoch; }  ///< both from 0
  /// How many batches step `step` has, and which of its epoch's is the first.
  int64_t batches_of(int64_t step) const;
  int64_t first_batch_of(int64_t step) const { return step % steps_per_epoch * accumulation; }
  bool ends_epoch(int64_t steps_done) const { return steps_done % steps_per_epoch == 0 || steps_done == steps; }
};

/// max_train_epochs, where given, decides over max_train_steps.
inline LoraSteps steps_of(const LoraTraining& options, const TrainingSet& set) {
  LoraSteps s;
  s.batches_per_epoch = set.batches_per_epoch();
  s.accumulation = options.gradient_accumulation_steps;
  s.steps_per_epoch = (s.batches_per_epoch + s.accumulation - 1) / s.accumulation;
  s.steps = options.max_train_epochs > 0 ? options.max_train_epochs * s.steps_per_epoch : options.run.steps;
  s.epochs = (s.steps + s.steps_per_epoch - 1) / s.steps_per_epoch;
  return s;
}

inline int64_t LoraSteps::batches_of(int64_t step) const {
  return std::min(accumulation, batches_per_epoch - first_batch_of(step));
}

}  // namespace darkroom::train
