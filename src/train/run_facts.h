// What a run is known to be about before it starts: counted from its pictures and from the model's description, without
// weights and hashes, so that it can be asked again after each change of an option.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "train/lora_plan.h"

namespace darkroom::train {

/// Layers that a LoRA without convolutions changes, and how many numbers it learns for each rank.
struct LoraSizes {
  int64_t modules = 0, per_rank = 0;
};

/// What nobody looked at, or could not be read, is not there.
struct RunFacts {
  std::optional<LoraPlan> plan;                    ///< of the pictures; of all where the model was loaded
  std::vector<std::vector<std::string>> captions;  ///< lines; of trained pictures, without regularisation
  int64_t encoded_pixels = 0;                      ///< of all pictures, each once, as they are cut

  struct Model {
    std::string family;  ///< "SD 1.x", "SD 2.x", "SDXL"
    bool is_sdxl = false, has_zero_terminal_snr = false;
    std::optional<bool> answers_v;  ///< nothing where only its weights tell
    int64_t text_encoders = 1, text_layers = 12;
    LoraSizes unet;
    std::vector<LoraSizes> texts;  ///< of each text encoder
    LoraSizes text() const;        ///< of all of them
  };
  std::optional<Model> model;
};

/// Looks at the pictures and at the head of the model's file. `size_of`: of a picture file, upright; it may throw
/// Error. What would be refused when the run starts is left out here, never thrown.
RunFacts run_facts(const LoraTraining& options, const std::function<PixelSize(const std::filesystem::path&)>& size_of);

/// The facts of a picture set; its plan has neither parts nor bytes.
RunFacts facts_of_pictures(const LoraTraining& options, const TrainingSet& set);

/// Reads the head of a model's file. Throws Error as load_checkpoint() does.
RunFacts::Model facts_of_model(const std::filesystem::path& path);

/// By decoding it. Throws Error.
PixelSize size_in_file(const std::filesystem::path& picture);

}  // namespace darkroom::train
