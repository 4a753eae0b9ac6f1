// Event files: what TensorBoard reads. Records of length, checksum, message, checksum; each message is a protocol
// buffer "Event". Source of truth: tensorflow, core/lib/io/record_writer.cc, core/util/event.proto,
// core/framework/summary.proto.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace darkroom::formats {

class EventFile {
 public:
  /// A new file "events.out.tfevents..." in `folder`, which is made. Throws Error{io} naming it.
  explicit EventFile(const std::filesystem::path& folder);

  /// One value of a curve; on disk when this returns. Throws Error{io}.
  void add_scalar(std::string_view tag, double value, int64_t step);

 private:
  void add_record(std::string_view event);

  std::filesystem::path path_;
  std::ofstream out_;
};

/// CRC-32C (Castagnoli, RFC 3720 B.4).
uint32_t crc32c(std::string_view bytes);

}  // namespace darkroom::formats
