// Whole files as memory.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace darkroom::formats {

/// A file's bytes, read-only; pages are read from disk when touched. `owner` keeps the mapping alive.
/// Replacing the file by another of its name, as AtomicFile does, or removing it changes nothing here. Shortening it in
/// place ends the process when a missing page is touched (SIGBUS); who keeps a file for long asks mapped_at() before.
struct MappedFile {
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> owner;
};

/// Throws Error: not_found (missing), invalid_request (a folder or device), corrupt_file (empty), io (unreadable).
MappedFile map_file(const std::filesystem::path& path);

/// What is known of the mapped file that an address lies in.
struct MappedPlace {
  std::filesystem::path path;
  bool was_written = false;  ///< in place, since it was mapped: another size or time
};
/// Nothing for addresses in other memory. Thread-safe.
std::optional<MappedPlace> mapped_at(const void* address);

/// Takes pages that lie wholly inside `bytes` out of this process' memory; touched again, they are read again. Does
/// nothing to bytes outside mapped files. Thread-safe.
void let_go_of_pages(std::span<const std::byte> bytes);

/// The whole file as a string; may be empty. Throws like map_file, and Error{invalid_request} above `max_bytes`.
std::string read_text_file(const std::filesystem::path& path, size_t max_bytes);

}  // namespace darkroom::formats
