// Everything a checkpoint says about its model besides the weights: plain data, found by detect.h, written by save.h.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/clip_text.h"
#include "models/unet.h"
#include "models/vae.h"

namespace darkroom::checkpoint {

/// Decides how texts become conditioning (see prompt/encode): sd1: one encoder, last state, final norm, CLIP skip
/// counts. sd2: one encoder, last state (the file's unused last layer is not loaded), final norm. sdxl: two encoders,
/// penultimate states side by side, the second's pooled text and the sizes as vector.
enum class Family { sd1, sd2, sdxl };

/// What the UNet's output means.
enum class Prediction { eps, v };

/// The training-time noise schedule, in diffusers' words; diffusion/noise_schedule.h takes them by name.
struct NoiseScheduleNumbers {
  std::string beta_schedule = "scaled_linear";  ///< or "linear"
  double beta_start = 0.00085;
  double beta_end = 0.012;
  int timesteps = 1000;
  bool zero_terminal_snr = false;
};

/// A CLIP tokenizer that came with the model.
struct TokenizerFiles {
  std::filesystem::path folder;  ///< empty where the texts come from a single file's metadata
  std::string vocab_json;
  std::string merges_txt;
};

struct TextEncoderDescription {
  models::ClipTextConfig config;
  /// What fills a chunk after the end token: OpenCLIP models were trained with "!" (id 0), CLIP with the end token.
  std::string pad_token = "<|endoftext|>";
  std::optional<TokenizerFiles> tokenizer;  ///< nothing = the standard CLIP vocabulary
};

/// What the makers of a model advise where the user says nothing.
struct RecommendedSettings {
  std::optional<int> width, height, steps, clip_skip;
  std::optional<double> cfg_scale;
  std::optional<std::string> sampler, schedule, negative_prompt;
  bool operator==(const RecommendedSettings&) const = default;
};

struct ModelDescription {
  Family family = Family::sd1;
  models::UNetConfig unet;
  models::VaeConfig vae;
  std::vector<TextEncoderDescription> text_encoders;  ///< one, for sdxl two
  /// Nothing only before loading: some SD 2.x files do not say it and their UNet must be asked (load.h).
  std::optional<Prediction> prediction;
  NoiseScheduleNumbers noise_schedule;
  /// Width of each of the six size embeddings in the UNet's vector (sdxl).
  int64_t size_embedding = 256;
  /// Whether an empty negative prompt means zeros instead of the encoded empty text (sdxl base).
  bool zeros_for_empty_negative = false;
  /// Latents per side of the pictures the UNet was trained on: 64 times 8 pixels make 512.
  int64_t sample_size = 64;
  RecommendedSettings recommended;

  bool is_inpainting() const { return unet.in_channels == 2 * vae.latent_channels + 1; }
};

/// The family, from what the networks look like.
Family family_of(const ModelDescription& model);
std::string_view family_name(Family family);  ///< "SD 1.x", "SD 2.x", "SDXL"

/// Whether the sizes can be built and fit each other, so that building and running the networks cannot fail. For sizes
/// from untrusted files, however found. Each throws Error{corrupt_file} or, for a kind of model Darkroom does not have,
/// Error{unsupported}.
void check_sizes(const models::UNetConfig& unet);
void check_sizes(const models::VaeConfig& vae);
void check_sizes(const models::ClipTextConfig& text);
void check_parts(const ModelDescription& model);

}  // namespace darkroom::checkpoint
