#include "formats/zip.h"

#include <algorithm>
#include <optional>
#include <set>

#include "base/error.h"
#include "formats/byte_reader.h"
#include "formats/utf8.h"

namespace darkroom::formats {
namespace {

constexpr uint32_t kLocalHeader = 0x04034b50;
constexpr uint32_t kCentralHeader = 0x02014b50;
constexpr uint32_t kEnd = 0x06054b50;
constexpr uint32_t kEnd64 = 0x06064b50;
constexpr uint32_t kEnd64Locator = 0x07064b50;
constexpr size_t kEndBytes = 22;
constexpr size_t kEnd64LocatorBytes = 20;
constexpr uint64_t kSmallestCentralHeader = 46;
constexpr uint32_t kIn64 = 0xFFFFFFFF;  // "see the zip64 field"
constexpr uint16_t kZip64Field = 1;

struct Directory {
  uint64_t offset = 0;
  uint64_t bytes = 0;
  uint64_t entries = 0;
};

struct CentralHeader {
  std::string_view name;
  uint64_t bytes = 0;
  uint64_t local_offset = 0;
};

/// Where the end record starts: it is the last thing in the file but for a comment whose length it states.
size_t end_position(Bytes archive) {
  const size_t longest_comment = 0xFFFF;
  for (size_t comment = 0; comment <= longest_comment && comment + kEndBytes <= archive.size(); ++comment) {
    const size_t position = archive.size() - kEndBytes - comment;
    ByteReader reader(archive, position);
    if (reader.number<uint32_t>() != kEnd) continue;
    if (ByteReader(archive, position + 20).number<uint16_t>() == comment) return position;
  }
  fail(ErrorKind::corrupt_file, "must end with a zip directory, does not; incomplete download?");
}

/// The zip64 version of the end record, if the archive has one.
std::optional<Directory> directory64(Bytes archive, size_t end) {
  if (end < kEnd64LocatorBytes) return std::nullopt;
  ByteReader locator(archive, end - kEnd64LocatorBytes);
  if (locator.number<uint32_t>() != kEnd64Locator) return std::nullopt;
  locator.take(4);  // disk
  ByteReader record(archive, locator.number<uint64_t>());
  require(record.left() >= 56 && record.number<uint32_t>() == kEnd64, ErrorKind::corrupt_file,
          "the zip64 directory is not where the archive says");
  record.take(8 + 2 + 2 + 4 + 4 + 8);  // its size, two versions, two disks, entries on this disk
  Directory directory;
  directory.entries = record.number<uint64_t>();
  directory.bytes = record.number<uint64_t>();
  directory.offset = record.number<uint64_t>();
  return directory;
}

Directory find_directory(Bytes archive) {
  const size_t end = end_position(archive);
  ByteReader reader(archive, end + 4);
  const auto disk = reader.number<uint16_t>();
  const auto directory_disk = reader.number<uint16_t>();
  Directory directory;
  const auto entries_here = reader.number<uint16_t>();
  directory.entries = reader.number<uint16_t>();
  directory.bytes = reader.number<uint32_t>();
  directory.offset = reader.number<uint32_t>();
  if (const auto large = directory64(archive, end)) {
    directory = *large;
  } else {
    require(disk == 0 && directory_disk == 0 && entries_here == directory.entries, ErrorKind::unsupported,
            "the zip archive has several parts; join them first");
  }
  require(directory.offset <= end && directory.bytes <= end - directory.offset, ErrorKind::corrupt_file,
          "the zip directory claims bytes {} + {} but ends before byte {}", directory.offset, directory.bytes, end);
  require(directory.entries <= directory.bytes / kSmallestCentralHeader, ErrorKind::corrupt_file,
          "the zip directory claims {} entries in {} bytes", directory.entries, directory.bytes);
  return directory;
}

/// Replaces those sizes that did not fit into 32 bits; the field holds just these, in this order.
void read_zip64_field(Bytes extra, uint64_t& unpacked, uint64_t& packed, uint64_t& local_offset) {
  ByteReader fields(extra);
  while (fields.left() >= 4) {
    const auto id = fields.number<uint16_t>();
    const Bytes content = fields.take(fields.number<uint16_t>());
    if (id != kZip64Field) continue;
    ByteReader values(content);
    for (uint64_t* value : {&unpacked, &packed, &local_offset})
      if (*value == kIn64) *value = values.number<uint64_t>();
    return;
  }
}

CentralHeader read_central_header(ByteReader& reader) {
  require(reader.number<uint32_t>() == kCentralHeader, ErrorKind::corrupt_file, "the zip directory is damaged");
  reader.take(4);  // versions
  const auto flags = reader.number<uint16_t>();
  const auto method = reader.number<uint16_t>();
  reader.take(8);  // time, date, checksum
  uint64_t packed = reader.number<uint32_t>();
  uint64_t unpacked = reader.number<uint32_t>();
  const auto name_bytes = reader.number<uint16_t>();
  const auto extra_bytes = reader.number<uint16_t>();
  const auto comment_bytes = reader.number<uint16_t>();
  reader.take(8);  // disk, attributes
  CentralHeader header;
  header.local_offset = reader.number<uint32_t>();
  header.name = as_text(reader.take(name_bytes));
  read_zip64_field(reader.take(extra_bytes), unpacked, packed, header.local_offset);
  reader.take(comment_bytes);
  require(!(flags & 1), ErrorKind::unsupported, "zip entry {} is encrypted", in_quotes(header.name));
  require(method == 0, ErrorKind::unsupported,
          "zip entry {} is compressed (method {}): must be stored, as torch.save does; unpack and save it again",
          in_quotes(header.name), method);
  require(packed == unpacked, ErrorKind::corrupt_file, "zip entry {} is stored but has {} bytes packed, {} unpacked",
          in_quotes(header.name), packed, unpacked);
  header.bytes = unpacked;
  return header;
}

ZipEntry locate(const CentralHeader& header, Bytes before_directory) {
  ByteReader local(before_directory, header.local_offset);
  require(local.left() >= 30 && local.number<uint32_t>() == kLocalHeader, ErrorKind::corrupt_file,
          "zip entry {} is not at byte {}, where the directory says", in_quotes(header.name), header.local_offset);
  local.take(4);  // version, flags
  const auto method = local.number<uint16_t>();
  local.take(16);  // time, date, checksum, sizes: zero where a descriptor follows the data
  const auto name_bytes = local.number<uint16_t>();
  const auto extra_bytes = local.number<uint16_t>();
  const std::string_view name = as_text(local.take(name_bytes));
  require(name == header.name && method == 0, ErrorKind::corrupt_file,
          "zip entry {} is called {} in its own header, or compressed there", in_quotes(header.name), in_quotes(name));
  local.take(extra_bytes);
  require(header.bytes <= local.left(), ErrorKind::corrupt_file,
          "zip entry {} must have {} bytes but {} are left before the directory", in_quotes(header.name), header.bytes,
          local.left());
  return {header.name, local.take(header.bytes)};
}

void check_overlap(std::vector<std::pair<uint64_t, const ZipEntry*>> by_start, const std::byte* archive) {
  std::sort(by_start.begin(), by_start.end());
  uint64_t end = 0;
  for (const auto& [start, entry] : by_start) {
    require(start >= end, ErrorKind::corrupt_file, "zip entry {} overlaps another", in_quotes(entry->name));
    end = uint64_t(entry->bytes.data() - archive) + entry->bytes.size();
  }
}

}  // namespace

std::vector<ZipEntry> read_zip(std::span<const std::byte> archive) {
  const Directory directory = find_directory(archive);
  ByteReader reader(archive.subspan(directory.offset, directory.bytes));
  std::vector<ZipEntry> entries;
  std::vector<uint64_t> starts;
  std::set<std::string_view> names;
  for (uint64_t i = 0; i < directory.entries; ++i) {
    const CentralHeader header = read_central_header(reader);
    require(names.insert(header.name).second, ErrorKind::corrupt_file, "zip entry {} comes twice",
            in_quotes(header.name));
    entries.push_back(locate(header, archive.first(directory.offset)));
    starts.push_back(header.local_offset);
  }
  require(reader.left() == 0, ErrorKind::corrupt_file, "the zip directory has {} bytes more than its {} entries",
          reader.left(), directory.entries);
  std::vector<std::pair<uint64_t, const ZipEntry*>> by_start;
  for (size_t i = 0; i < entries.size(); ++i) by_start.emplace_back(starts[i], &entries[i]);
  check_overlap(std::move(by_start), archive.data());
  return entries;
}

}  // namespace darkroom::formats
