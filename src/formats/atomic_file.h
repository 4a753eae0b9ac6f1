// Writing files so that nobody ever sees half of one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

namespace darkroom::formats {

/// Writes into a temporary file beside the target; commit() makes it the target in one step. Whatever goes wrong
/// before that, the target is as it was and the temporary file is gone. Symbolic links are followed.
/// All errors are Error{io} naming the target, the reason and, if the disk is full, the bytes that were needed;
/// a target that is a folder or a device is Error{invalid_request}.
class AtomicFile {
 public:
  /// `total_bytes`, if known, is compared with the free space before anything is written.
  explicit AtomicFile(const std::filesystem::path& path, std::optional<uint64_t> total_bytes = std::nullopt);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(const void* data, size_t bytes);
  void write(std::string_view text) { write(text.data(), text.size()); }

  /// Flushes to the disk and renames. Call it once, last.
  void commit();

 private:
  [[noreturn]] void fail_with(int reason) const;
  void discard();

  std::filesystem::path target_;
  std::filesystem::path temporary_;
  std::optional<uint64_t> total_bytes_;
  uint64_t written_ = 0;
  int descriptor_ = -1;
};

/// A whole small file at once.
void write_file(const std::filesystem::path& path, std::string_view content);

}  // namespace darkroom::formats
