// The name of a model's content, as A1111 writes it into infotext.
#pragma once

#include <filesystem>
#include <string>

namespace darkroom::generate {

/// The first ten hex digits of the SHA-256 of a file; of a folder, of the contents of all weight files below it
/// (.safetensors, .bin, .ckpt, .pt) one after another, in the order of their paths. Throws Error{io} naming the file.
std::string model_hash(const std::filesystem::path& model);

}  // namespace darkroom::generate
