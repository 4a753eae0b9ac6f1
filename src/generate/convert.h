// A checkpoint in another form: single file or diffusers folder, in other numbers, with another VAE baked in.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace darkroom::generate {

struct ConvertRequest {
  std::filesystem::path model;  ///< a file (.safetensors, .ckpt, .pt) or a diffusers folder
  std::filesystem::path out;  ///< ends in .safetensors: a single file with the original names; else a diffusers folder
  std::string precision = "fp16";  ///< of the written weights: fp16, bf16, fp32
  std::filesystem::path vae;       ///< written instead of the model's own; empty = its own
  bool overwrite = false;
};

struct ConvertReport {
  std::string family;  ///< "SD 1.x", ...
  int64_t parameters = 0;
};

/// Throws Error: those of load_checkpoint and of the savers; invalid_request for an unknown precision, where `out` is
/// there and `overwrite` was not said, where it is `model` itself, and for weights beyond what the precision holds
/// (they would become infinite), naming one.
ConvertReport convert(const ConvertRequest& request);

}  // namespace darkroom::generate
