// Where LoRA files lie, and which one a tag means.
#pragma once

#include <filesystem>
#include <string>

#include "generate/request.h"

namespace darkroom::generate {

/// The request's --lora-dir; without one, of a model below a folder "Stable-diffusion" the folder "Lora" beside that
/// folder (A1111's layout), else models/Lora in the current folder.
std::filesystem::path lora_folder(const GenerateRequest& request);

/// The file a tag means, as in A1111: of all .safetensors, .pt and .ckpt files below `folder` the one with this stem,
/// or, if there is none, with this name in its metadata ("ss_output_name"). Of two files with one stem the last in the
/// order of folders and names, with a warning; a name that two files have in their metadata means neither. Throws
/// Error{not_found} that lists the nearest names.
std::filesystem::path find_lora(const std::filesystem::path& folder, const std::string& name);

}  // namespace darkroom::generate
