// The picture beside a LoRA file, as A1111 keeps it.
#pragma once

#include <filesystem>
#include <string>

#include "imaging/image.h"

namespace darkroom::server {

/// "name.preview.png" or "name.png" beside "name.safetensors", or .jpg, .jpeg, .webp; the first that is there. Empty
/// where there is none, where it is a link out of the folder, and where it is too large to be looked at.
std::filesystem::path preview_of(const std::filesystem::path& lora);

/// Makes it the preview, "name.preview.png" with its recipe. What somebody else put there stays beside it as
/// "name.preview.before.png". Throws Error{io}.
void keep_preview(const std::filesystem::path& lora, const Image& image, const std::string& recipe);

}  // namespace darkroom::server
