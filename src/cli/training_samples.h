// Pictures made while a LoRA or a model is trained: by the same code as `darkroom generate`, with the file as it is
// then.
#pragma once

#include <memory>

#include "train/lora_run.h"

namespace darkroom::generate {
class LoadedModel;
}

namespace darkroom::cli {

class TrainingSamples {
 public:
  TrainingSamples();
  ~TrainingSamples();

  /// Throws Error for sample prompts that could not be made: before a run, not in the middle of it.
  static void check(const train::LoraTraining& options);

  /// `file`: the LoRA, of full fine-tuning the checkpoint. Writes folder/<output_name>_<name>_<number>_<seed>.png for
  /// each of the run's sample prompts, with its recipe: `darkroom generate` with it makes the same picture. Loads a
  /// LoRA's model when first called, a checkpoint each time.
  void make(const train::LoraTraining& options, const std::filesystem::path& file, const std::filesystem::path& folder,
            const std::string& name);

 private:
  std::unique_ptr<generate::LoadedModel> model_;
};

}  // namespace darkroom::cli
