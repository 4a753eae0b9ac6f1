// What is behind a LoadedModel.
#pragma once

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "checkpoint/load.h"
#include "diffusion/noise_schedule.h"
#include "diffusion/parameterization.h"
#include "generate/run.h"
#include "prompt/encode.h"

namespace darkroom::generate {

struct LoadedModel::Parts {
  checkpoint::Checkpoint checkpoint;
  std::vector<std::shared_ptr<const prompt::Tokenizer>> tokenizers;  ///< one per text encoder
  diffusion::NoiseSchedule noise_schedule;
  diffusion::Prediction prediction;
  at::ScalarType unet_dtype;                       ///< text encoders and VAE are fp32
  std::string name, vae_name;                      ///< for infotext
  std::shared_future<std::string> hash, vae_hash;  ///< made while the first picture is; vae_hash "" without a VAE file

  explicit Parts(const ModelChoice& choice, at::ScalarType unet_dtype);
};

inline bool is_sdxl(const LoadedModel::Parts& parts) {
  return parts.checkpoint.description.family == checkpoint::Family::sdxl;
}

/// The model's noise schedule as the request wants it. Throws Error{invalid_request} where it cannot be rounded so.
diffusion::NoiseSchedule noise_schedule_of(const LoadedModel::Parts& parts, const GenerateRequest& request);

/// How the text encoders of the model are read. Throws Error{invalid_request} for a CLIP skip beyond the first layer.
std::vector<prompt::TextEncoder> text_encoders(const LoadedModel::Parts& parts, int clip_skip);

}  // namespace darkroom::generate
