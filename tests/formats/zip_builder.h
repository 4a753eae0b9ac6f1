// Makes zip archives for tests, truthful or with lies in chosen fields.
#pragma once

#include <string>
#include <vector>

#include "formats/support.h"

namespace darkroom::formats {

struct ZipPart {
  std::string name;
  std::string content = {};
  uint16_t method = 0;
  uint16_t flags = 0;
  int64_t claimed_bytes = -1;    ///< instead of the content's
  int64_t claimed_offset = -1;   ///< of the local header
  std::string local_name = {};   ///< instead of the name
  bool sizes_in_64 = false;      ///< puts sizes and offset into the zip64 field
  std::string local_extra = {};  ///< padding before the content
};

struct ZipShape {
  bool end64 = false;    ///< as torch writes it
  int64_t entries = -1;  ///< claims in the end record
  int64_t directory_bytes = -1;
  int64_t directory_offset = -1;
  std::string comment = {};
};

inline std::string zip_of(const std::vector<ZipPart>& parts, const ZipShape& shape = {}) {
  std::string file, directory;
  for (const ZipPart& part : parts) {
    const uint64_t offset = part.claimed_offset >= 0 ? uint64_t(part.claimed_offset) : file.size();
    const uint64_t bytes = part.claimed_bytes >= 0 ? uint64_t(part.claimed_bytes) : part.content.size();
    const std::string& local_name = part.local_name.empty() ? part.name : part.local_name;
    const std::string start = raw(uint16_t(20)) + raw(part.flags) + raw(part.method) + std::string(8, '\0');
    file += raw(uint32_t(0x04034b50)) + start + raw(uint32_t(bytes)) + raw(uint32_t(bytes)) +
            raw(uint16_t(local_name.size())) + raw(uint16_t(part.local_extra.size())) + local_name + part.local_extra +
            part.content;
    const uint32_t in_64 = 0xFFFFFFFF;
    const std::string extra =
        part.sizes_in_64 ? raw(uint16_t(1)) + raw(uint16_t(24)) + raw(bytes) + raw(bytes) + raw(offset) : "";
    const uint32_t bytes32 = part.sizes_in_64 ? in_64 : uint32_t(bytes);
    directory += raw(uint32_t(0x02014b50)) + raw(uint16_t(20)) + start + raw(bytes32) + raw(bytes32) +
                 raw(uint16_t(part.name.size())) + raw(uint16_t(extra.size())) + std::string(2 + 2 + 2 + 4, '\0') +
                 raw(part.sizes_in_64 ? in_64 : uint32_t(offset)) + part.name + extra;
  }
  const uint64_t at = shape.directory_offset >= 0 ? uint64_t(shape.directory_offset) : file.size();
  const uint64_t length = shape.directory_bytes >= 0 ? uint64_t(shape.directory_bytes) : directory.size();
  const uint64_t entries = shape.entries >= 0 ? uint64_t(shape.entries) : parts.size();
  file += directory;
  if (shape.end64) {
    const uint64_t record = file.size();
    file += raw(uint32_t(0x06064b50)) + raw(uint64_t(44)) + raw(uint16_t(45)) + raw(uint16_t(45)) +
            std::string(8, '\0') + raw(entries) + raw(entries) + raw(length) + raw(at);
    file += raw(uint32_t(0x07064b50)) + raw(uint32_t(0)) + raw(record) + raw(uint32_t(1));
  }
  const auto short_entries = uint16_t(shape.end64 ? 0xFFFF : entries);
  return file + raw(uint32_t(0x06054b50)) + std::string(4, '\0') + raw(short_entries) + raw(short_entries) +
         raw(uint32_t(shape.end64 ? 0xFFFFFFFF : length)) + raw(uint32_t(shape.end64 ? 0xFFFFFFFF : at)) +
         raw(uint16_t(shape.comment.size())) + shape.comment;
}

}  // namespace darkroom::formats
