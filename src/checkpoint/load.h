// Files -> models. START HERE for reading checkpoints.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "checkpoint/description.h"

namespace darkroom::checkpoint {

struct LoadOptions {
  /// What the weights are converted to where the file holds another type.
  at::ScalarType unet_dtype = at::kFloat, text_dtype = at::kFloat, vae_dtype = at::kFloat;
  /// Weights of the wanted type are read straight from the mapped file and must not be written to; training wants
  /// copies.
  bool writable = false;
  /// Matrices and kernels stay in the mapped file as FillOptions::keep_half says; results are those of converted ones.
  bool keep_half = false;
  /// Another VAE: a file (original or diffusers names) or a diffusers VAE folder; empty = the checkpoint's own.
  std::filesystem::path vae;
};

struct Checkpoint {
  ModelDescription description;  ///< complete: the prediction is known
  std::vector<std::unique_ptr<models::ClipText>> text_encoders;
  std::unique_ptr<models::UNet> unet;
  std::unique_ptr<models::AutoencoderKL> vae;
  /// What they compute in whatever their weights are stored in (LoadOptions::keep_half); none: in what those are.
  std::optional<at::ScalarType> unet_computes_in, text_computes_in;
};

/// A single file (.safetensors, or a torch checkpoint under any other name) with original names, or a diffusers folder.
/// Strict: every tensor of the file is used or one of the few known to be needless, every parameter is filled, or
/// Error{corrupt_file} lists both, the first few of each. Other errors: not_found, unsupported (another kind of model,
/// naming it), out_of_memory. Every message starts with `load "<path>"`.
///
/// A file of SD 2.x that does not state its prediction is asked as A1111 does (modules/sd_models_config.py): its UNet
/// answers the constant picture 0.5 at t = 999, and a mean below -1 after subtracting the picture means v.
Checkpoint load_checkpoint(const std::filesystem::path& path, const LoadOptions& options = {});

/// What load_checkpoint() would find, without reading the weights; the prediction may stay unknown.
ModelDescription describe_checkpoint(const std::filesystem::path& path);

/// A VAE alone, as LoadOptions::vae. A file does not state the scale of its latents: `scale` is taken. What the options
/// say of VAEs counts.
std::unique_ptr<models::AutoencoderKL> load_vae(const std::filesystem::path& path, double scale,
                                                const LoadOptions& options = {});

}  // namespace darkroom::checkpoint
