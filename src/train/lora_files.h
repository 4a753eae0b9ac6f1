// The files a LoRA run leaves: their names, and which of them go again.
// Source of truth: sd-scripts, library/train_util.py get_epoch_ckpt_name, get_remove_epoch_no and the like.
#pragma once

#include <c10/core/ScalarType.h>

#include <filesystem>
#include <string>

#include "train/lora_training.h"

namespace darkroom::train {

class LoraFiles {
 public:
  /// `epochs`: of the whole run.
  LoraFiles(const LoraTraining& options, int64_t epochs);

  bool wants_step(int64_t steps_done) const;
  bool wants_epoch(int64_t epoch) const;  ///< from 1
  std::filesystem::path step_file(int64_t steps_done) const;
  std::filesystem::path epoch_file(int64_t epoch) const;
  std::filesystem::path last_file() const;
  std::filesystem::path sample_file() const;  ///< what the newest sample pictures were made with
  /// Remove what save_last_n_steps and save_last_n_epochs no longer keep when this step's or epoch's file is there.
  void remove_before_step(int64_t steps_done) const;
  void remove_before_epoch(int64_t epoch) const;

 private:
  std::filesystem::path folder_;
  std::string name_;
  int64_t every_steps_, every_epochs_, last_steps_, last_epochs_;
};

/// By save_precision: "float", "fp16", "bf16".
at::ScalarType saved_dtype(const std::string& precision);

/// A1111's first kind of hash: 8 digits of the SHA-256 of 64 KiB at 1 MiB; empty for a folder.
std::string old_model_hash(const std::filesystem::path& model);

}  // namespace darkroom::train
