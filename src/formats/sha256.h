// SHA-256 (FIPS 180-4) of files and texts, by OpenSSL's libcrypto.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::formats {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void add(const void* data, size_t bytes);
  void add(std::string_view text) { add(text.data(), text.size()); }
  /// The bytes of a file from `start` on, `most` at most. Throws Error{io} naming it.
  void add_file(const std::filesystem::path& path, int64_t start = 0, int64_t most = INT64_MAX);

  /// The digest of what was added, 64 hex digits. Call it once, last.
  std::string hex();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

/// Of a whole file. Throws Error{io} naming it.
std::string sha256_of_file(const std::filesystem::path& path);

/// A model file itself; of a folder all weight files below it (.safetensors, .bin, .ckpt, .pt) in the order of their
/// paths. Throws Error{io}.
std::vector<std::filesystem::path> weight_files(const std::filesystem::path& model);

/// Of the contents of its weight_files() one after another; of large ones as it was found the last time if none has
/// changed since (known_hashes.h). Throws Error{io} naming what cannot be read.
std::string sha256_of_model(const std::filesystem::path& model);

/// That of the last time, or nothing where the contents would have to be read. Throws Error{io}.
std::optional<std::string> known_sha256_of_model(const std::filesystem::path& model);

}  // namespace darkroom::formats
