// The loop every training shares: loss, backward, update, log, save; stop and resume.
#pragma once

#include <functional>

#include "base/progress.h"
#include "layers/emulated_precision.h"
#include "train/state.h"
#include "train/training_log.h"

namespace darkroom::train {

struct StepLoss {
  Tensor loss;      ///< scalar with gradients
  Scalars details;  ///< further values for the log, averaged between log lines
};

struct LoopTasks {
  /// Of part `part` of step `step`, both 0-based.
  std::function<StepLoss(int64_t step, int64_t part)> loss;
  /// After `step` steps that moved the weights.
  std::function<double(int64_t step)> learning_rate;
  /// How many batches make step `step`; gradients add up, each divided by `accumulation`. None means one.
  std::function<int64_t(int64_t step)> parts = {};
  int64_t accumulation = 1;
  std::function<void()> after_update = {};  ///< changes weights once more, before they are averaged; may be empty
  std::function<void(int64_t steps_done)> after_step = {};  ///< validation, saving and the like; may be empty
};

/// Runs from state.steps_done() to config.steps. Every save_every_n_steps, at the end, and when the progress callback
/// throws Error{cancelled}, the state goes to output_dir/state.safetensors. The log has the means of a step's values,
/// the learning rate, and as "step_size" what an optimizer has found that looks for it (Prodigy's d).
void run_loop(const RunConfig& config, const std::string& options, TrainingState& state, TrainingLog& log,
              const LoopTasks& tasks);

/// Inside this scope, which must hold the backward pass too, networks compute as `precision` says. "no": fp32. "bf16":
/// libtorch's autocast, matrix products and convolutions in bf16, the rest in fp32. "fp16": no CPU kernel of libtorch
/// multiplies fp16, so every operation of UNet and text encoder takes and answers numbers rounded to fp16 and computes
/// in fp32 (emulated_precision.h), and so do the gradients between them.
class MixedPrecision {
 public:
  explicit MixedPrecision(const std::string& precision);
  ~MixedPrecision();
  MixedPrecision(const MixedPrecision&) = delete;
  MixedPrecision& operator=(const MixedPrecision&) = delete;

 private:
  bool is_bf16_, had_fast_paths_;
  std::optional<layers::EmulatedPrecision> fp16_;
};

}  // namespace darkroom::train
