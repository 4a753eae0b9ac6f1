// The curves of a LoRA run for TensorBoard, under kohya's tags.
// Source of truth: sd-scripts, train_network.py generate_step_logs and train. Parity: points are written per step, not
// per batch; kohya's duplicates lr/group... are left out.
#pragma once

#include <deque>
#include <optional>

#include "formats/event_file.h"
#include "train/lora_network.h"
#include "train/state.h"
#include "train/training_log.h"

namespace darkroom::train {

class LoraLog {
 public:
  /// Writes into logging_dir/<prefix><name>/network_train; a continued run adds a file there. `steps_per_epoch`: over
  /// how many steps loss/average is taken.
  LoraLog(const std::filesystem::path& folder, int64_t steps_per_epoch);

  struct Rate {
    std::string name;                 ///< "unet", "textencoder plus"
    double rate = 0;                  ///< learning rate of the next step
    std::optional<double> step_size;  ///< d of Prodigy and DAdaptAdam
  };
  void step(int64_t steps_done, double loss, const Scalars& details, const std::vector<Rate>& rates,
            const std::optional<LoraNetwork::Norms>& norms);
  /// `epoch` from 1.
  void epoch(int64_t epoch);
  /// `at_step`: measured within an epoch; otherwise at its end.
  void validation(double loss, int64_t x, bool at_step);

  double average() const;

 private:
  formats::EventFile file_;
  size_t window_;
  std::deque<double> recent_;  // losses of the last epoch's worth of steps
};

/// Folder of the run's curves: the one with the newest name there is for this prefix and name if the run is continued,
/// else a new one named by the time.
std::filesystem::path log_folder(const std::filesystem::path& logging_dir, const std::string& prefix,
                                 bool is_continued);

}  // namespace darkroom::train
