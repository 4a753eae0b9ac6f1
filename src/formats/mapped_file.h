// Whole files as memory.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace darkroom::formats {

/// A file's bytes, read-only; pages are read from disk when touched. `owner` keeps the mapping alive.
/// The file must not be shortened by others while it is mapped (replacing it, as AtomicFile does, is fine).
struct MappedFile {
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> owner;
};

/// Throws Error: not_found (missing), invalid_request (a folder or device), corrupt_file (empty), io (unreadable).
MappedFile map_file(const std::filesystem::path& path);

/// The whole file as a string; may be empty. Throws like map_file, and Error{invalid_request} above `max_bytes`.
std::string read_text_file(const std::filesystem::path& path, size_t max_bytes);

}  // namespace darkroom::formats
