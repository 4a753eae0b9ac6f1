#include "train/lora_files.h"

#include "base/tensor.h"
#include "formats/sha256.h"

namespace darkroom::train {

LoraFiles::LoraFiles(const LoraTraining& o, int64_t epochs)
    : folder_(o.run.output_dir),
      name_(o.output_name),
      every_steps_(o.save_every_n_steps),
      every_epochs_(o.epochs_between_files(epochs)),
      last_steps_(o.save_last_n_steps),
      last_epochs_(o.save_last_n_epochs) {}

bool LoraFiles::wants_step(int64_t steps_done) const {
  return every_steps_ > 0 && steps_done % every_steps_ == 0;
}

bool LoraFiles::wants_epoch(int64_t epoch) const {
  return every_epochs_ > 0 && epoch % every_epochs_ == 0;
}

std::filesystem::path LoraFiles::step_file(int64_t steps_done) const {
  return folder_ / fmt::format("{}-step{:08d}.safetensors", name_, steps_done);
}

std::filesystem::path LoraFiles::epoch_file(int64_t epoch) const {
  return folder_ / fmt::format("{}-{:06d}.safetensors", name_, epoch);
}

std::filesystem::path LoraFiles::last_file() const {
  return folder_ / (name_ + ".safetensors");
}

std::filesystem::path LoraFiles::sample_file() const {
  return folder_ / "sample" / (name_ + "-sample.safetensors");
}

void LoraFiles::remove_before_step(int64_t steps_done) const {
  std::error_code missing;
  const int64_t old = (steps_done - last_steps_ - 1) / every_steps_ * every_steps_;
  if (last_steps_ > 0 && old > 0) std::filesystem::remove(step_file(old), missing);
}

void LoraFiles::remove_before_epoch(int64_t epoch) const {
  std::error_code missing;
  const int64_t old = epoch - every_epochs_ * last_epochs_;
  if (last_epochs_ > 0 && old > 0) std::filesystem::remove(epoch_file(old), missing);
}

at::ScalarType saved_dtype(const std::string& precision) {
  return precision == "fp16" ? at::kHalf : precision == "bf16" ? at::kBFloat16 : at::kFloat;
}

std::string old_model_hash(const std::filesystem::path& model) {
  constexpr int64_t kStart = 1 << 20, kBytes = 64 << 10;
  constexpr size_t kDigits = 8;
  if (std::filesystem::is_directory(model)) return "";
  formats::Sha256 sha;
  sha.add_file(model, kStart, kBytes);
  return sha.hex().substr(0, kDigits);
}

}  // namespace darkroom::train
