// Pictures made while a LoRA is trained: by the same code as `darkroom generate`, with the file as it is then.
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

  /// Writes folder/<lora>_<name>_<number>_<seed>.png for each of the run's sample prompts, with its recipe: `darkroom
  /// generate` with it makes the same picture. Loads the model when first called.
  void make(const train::LoraTraining& options, const std::filesystem::path& lora_file,
            const std::filesystem::path& folder, const std::string& name);

 private:
  std::unique_ptr<generate::LoadedModel> model_;
};

}  // namespace darkroom::cli
