// Files of upscaler networks -> models.
#pragma once

#include <filesystem>
#include <memory>

#include "models/esrgan.h"

namespace darkroom::checkpoint {

/// ESRGAN and Real-ESRGAN, .pth or .safetensors, with the names of BasicSR, of the first ESRGAN repository or of its
/// training code; of a file with averaged weights ("params_ema") those. Sizes are taken from the shapes. As strict as
/// load_checkpoint(). Throws Error: not_found, corrupt_file, unsupported (another kind of network), out_of_memory.
std::unique_ptr<models::Esrgan> load_esrgan(const std::filesystem::path& path);

}  // namespace darkroom::checkpoint
