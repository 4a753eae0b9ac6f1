// What a run is made of while it goes on, and how it stops and resumes exactly: weights, their moving average, the
// optimizer's moments, steps done. Randomness needs no state (random.h).
#pragma once

#include <filesystem>
#include <memory>

#include "layers/module.h"
#include "train/optimizers.h"

namespace darkroom::train {

/// The networks trained together, as names and tensors: "<network>.<parameter>".
class TrainingState {
 public:
  /// Networks must outlive the state; their parameters become fp32 leaves that want gradients.
  TrainingState(const RunConfig& config, std::vector<std::pair<std::string, layers::Module*>> networks);

  int64_t steps_done() const { return steps_done_; }

  /// Clips the gradients to max_grad_norm, steps the optimizer and the moving average, forgets the gradients.
  /// Returns the norm before clipping. Throws Error{internal} if it is not finite: the weights stay as they are.
  double update(double learning_rate);

  /// Writes everything to `file` atomically, with the options of the run.
  void save(const std::filesystem::path& file, const std::string& options) const;

  /// Restores what save() wrote, bit for bit. Throws Error{corrupt_file} when names or shapes differ.
  void load(const std::filesystem::path& file);

  /// Puts the averaged weights into the networks; calling it again puts the trained ones back.
  void exchange_with_average();

 private:
  NamedTensors everything() const;

  RunConfig config_;
  NamedTensors parameters_;  // share memory with the networks
  NamedTensors average_;
  std::unique_ptr<Optimizer> optimizer_;
  int64_t steps_done_ = 0;
};

}  // namespace darkroom::train
