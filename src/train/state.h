// What a run is made of while it goes on, and how it stops and resumes exactly: weights, their moving average, the
// optimizer's moments, the scale of an fp16 run's loss, steps done. Randomness needs no state (random.h).
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

#include "layers/module.h"
#include "train/loss_scaler.h"
#include "train/optimizers.h"
#include "train/saved_state.h"

namespace darkroom::train {

/// Leaves that want gradients, fp32 or bf16, and the factor on the learning rate they are trained with.
struct ParameterGroup {
  NamedTensors parameters;
  double rate_factor = 1;
};

/// Whole networks as one group: their parameters, "<network>.<parameter>", become leaves that want gradients; in fp32,
/// or with weights_in "bf16" matrices and kernels in that.
ParameterGroup whole_networks(const std::vector<std::pair<std::string, layers::Module*>>& networks,
                              const std::string& weights_in = "fp32");

/// Everything trained together.
class TrainingState {
 public:
  /// The tensors of the groups are trained where they lie; of weights_in bf16 or fp16 they are rounded now and after
  /// each step, and with bf16 matrices and kernels are held in that, their gradients too. Each group has an optimizer
  /// of its own.
  TrainingState(const RunConfig& config, std::vector<ParameterGroup> groups);

  int64_t steps_done() const { return steps_done_; }
  /// Steps that moved the weights: where the learning rate is.
  int64_t steps_taken() const { return steps_done_ - (scaler_ ? scaler_->skipped_steps() : 0); }
  /// Of weights_in bf16 or fp16: the gradients as such numbers, which each batch adds to.
  void round_gradients();

  /// What the loss must be multiplied with before its backward pass: above 1 in fp16 only.
  double loss_scale() const { return scaler_ ? scaler_->scale() : 1; }

  /// Clips the gradients of all groups together to max_grad_norm, steps the optimizers and the moving average, forgets
  /// the gradients. Where the gradients of a scaled loss are not finite the step counts as done and changes nothing but
  /// the scale. `after_update` may change the weights once more before they are averaged.
  /// Returns the norm before clipping, infinite for such a step. Throws Error{internal} if it is not finite otherwise:
  /// the weights stay as they are.
  double update(double learning_rate, const std::function<void()>& after_update = {});

  /// Writes everything into `folder` (saved_state.h), with the options of the run.
  void save(const std::filesystem::path& folder, const std::string& options) const;

  /// Restores what save() wrote, bit for bit. Throws Error{corrupt_file} when names or shapes differ.
  void load(const SavedState& saved);

  /// Puts the averaged weights into the networks; calling it again puts the trained ones back. Does nothing where
  /// ema_decay is 0: then there is no average.
  void exchange_with_average();

  /// Memory of gradients, optimizers and average, in bytes.
  int64_t bytes() const;

  /// What the optimizer of a group has found to be the size of its steps; nothing for one that is told it.
  std::optional<double> step_size(size_t group) const { return optimizers_[group]->step_size(); }

 private:
  NamedTensors everything() const;
  void forget_gradients();
  void hold_in_bf16(NamedTensors& parameters) const;
  void round_weights();

  RunConfig config_;
  NamedTensors parameters_;  // of all groups; share memory with the networks
  NamedTensors average_;
  std::vector<std::unique_ptr<Optimizer>> optimizers_;  // one per group
  std::vector<double> rate_factors_;
  std::optional<LossScaler> scaler_;  // of mixed_precision = "fp16"
  int64_t steps_done_ = 0;
};

}  // namespace darkroom::train
