// A file -> a TAESD decoder.
#pragma once

#include <filesystem>
#include <memory>

#include "models/taesd.h"

namespace darkroom::checkpoint {

/// taesd_decoder.pth or .safetensors with the original's names, with those names behind "taesd_decoder.", or diffusers'
/// AutoencoderTiny (its file, or the folder with diffusion_pytorch_model.safetensors). Strict as load_checkpoint().
/// Throws Error: not_found, corrupt_file, unsupported for another network; each starts with `load "<path>"`.
std::unique_ptr<models::TaesdDecoder> load_taesd(const std::filesystem::path& path);

}  // namespace darkroom::checkpoint
