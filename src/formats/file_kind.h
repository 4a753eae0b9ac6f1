// What a file is, by its first bytes: extensions of model files lie.
#pragma once

#include <filesystem>
#include <span>
#include <string_view>

#include "formats/tensor_file.h"

namespace darkroom::formats {

enum class FileKind { safetensors, torch_zip, torch_legacy, png, jpeg, webp, unknown };

/// A likely kind: the file may still turn out to be damaged, or a zip archive of something else.
FileKind file_kind(std::span<const std::byte> file);
/// Throws Error like map_file.
FileKind file_kind(const std::filesystem::path& path);

/// For people: "a safetensors file", ...
std::string_view file_kind_name(FileKind kind);

/// Reads a file of named tensors, safetensors or torch. Throws Error: those of both readers, and unsupported for
/// anything else, saying what it is.
TensorFile read_tensor_file(const std::filesystem::path& path);

}  // namespace darkroom::formats
