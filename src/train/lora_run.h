// A LoRA run, or a full fine-tuning, from its options to the finished file.
#pragma once

#include <functional>

#include "base/progress.h"
#include "train/lora_plan.h"
#include "train/lora_training.h"
#include "train/training_log.h"

namespace darkroom::train {

/// What somebody wants of a run that goes on, besides what its options say.
struct LoraWishes {
  bool saves = false;    ///< the file as it is, and the state
  bool samples = false;  ///< sample pictures, where there are prompts
};

/// A picture that a step was made with.
struct BatchPicture {
  std::filesystem::path file;
  std::string caption;  ///< as it was read in this step
  PixelSize size;       ///< trained at
  int64_t timestep = 0;
};

/// What a run asks of those around it, and tells them.
struct LoraHooks {
  /// Makes the pictures of the sample prompts with the model and this LoRA file, of full fine-tuning with the file
  /// alone, into `folder`, their names beginning with `name`. None: no pictures are made.
  std::function<void(const LoraTraining& options, const std::filesystem::path& file,
                     const std::filesystem::path& folder, const std::string& name)>
      make_samples;
  int64_t machine_memory = 0;  ///< bytes there are; 0 = as the system says
  /// Asked once after each step but the last, which leaves both anyway. None: nobody wants anything.
  std::function<LoraWishes()> wishes = {};
  /// Told after each step which pictures were in its last batch. None: nobody looks.
  std::function<void(int64_t steps_done, const std::vector<BatchPicture>& pictures)> looks_at_batch = {};
  /// Told what events.csv has got. None: nobody listens.
  std::function<void(const TrainingEvent& event)> hears = {};
};

/// `resolved`: the options as they are recorded. See run_training() for what is written; progress may throw
/// Error{cancelled}.
void run_lora_training(const LoraTraining& options, const std::string& resolved, const Progress& progress,
                       const LoraHooks& hooks);

/// What run_lora_training() would do. Reads the model and all pictures; `probes`: makes two steps to measure them.
/// Nothing is written or trained. Throws as the run would before its first step.
LoraPlan plan_lora_training(const LoraTraining& options, const std::string& resolved, const Progress& progress,
                            bool probes);

}  // namespace darkroom::train
