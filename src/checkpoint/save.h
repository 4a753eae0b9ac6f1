// Models -> files, in the forms other programs read.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "checkpoint/description.h"

namespace darkroom::checkpoint {

/// A model somebody holds. Sizes are taken from the networks' own configs, all else from the description.
struct ModelToSave {
  ModelDescription description;
  std::vector<models::ClipText*> text_encoders;
  models::UNet* unet = nullptr;
  models::AutoencoderKL* vae = nullptr;
};

/// A folder that diffusers and transformers load unchanged: model_index.json, scheduler/, tokenizer*/, text_encoder*/,
/// unet/, vae/ with safetensors weights in `dtype`, and darkroom.json with the recommended settings. Each file appears
/// whole; model_index.json comes last, so that an interrupted folder is no model. Requires: every text encoder has
/// its tokenizer files. Throws Error{io}; Error{invalid_request} if a tokenizer is missing.
void save_diffusers_folder(const ModelToSave& model, const std::filesystem::path& folder,
                           at::ScalarType dtype = at::kHalf);

/// A diffusers VAE folder: config.json and the weights in `dtype`.
void save_vae(models::AutoencoderKL& vae, const std::filesystem::path& folder, at::ScalarType dtype = at::kFloat);

/// One safetensors file with the original names (open_clip's for the encoders that have them). What names and shapes
/// cannot tell lies in its metadata, "darkroom.config" (see detect.h). An SD 2.x file gets a copy of the last layer of
/// its text encoder and a text projection of zeros: other programs expect these, and never use them. `metadata`: more
/// of it.
void save_single_file(const ModelToSave& model, const std::filesystem::path& path, at::ScalarType dtype = at::kHalf,
                      std::map<std::string, std::string> metadata = {});

}  // namespace darkroom::checkpoint
