// The name of a model's content, as A1111 writes it into infotext.
#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace darkroom::generate {

/// The first hex digits of the SHA-256 of a file. Throws Error{io} naming it.
std::string file_hash(const std::filesystem::path& file, size_t digits);

/// The first ten hex digits of the SHA-256 of a file; of a folder, of the contents of its weight files
/// (formats/sha256.h) one after another. Throws Error{io} naming the file.
std::string model_hash(const std::filesystem::path& model);

/// The same where it is known without reading the files (formats/known_hashes.h), else "". Throws Error{io}.
std::string known_model_hash(const std::filesystem::path& model);

/// Of a LoRA file, the first twelve hex digits of what its metadata states ("sshs_model_hash"), else of the SHA-256 of
/// a safetensors file's data behind the header, or of another file as a whole. Throws Error{io} naming the file.
std::string adapter_hash(const std::filesystem::path& file, const std::map<std::string, std::string>& metadata);

}  // namespace darkroom::generate
