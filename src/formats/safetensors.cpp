#include "formats/safetensors.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "formats/atomic_file.h"
#include "formats/byte_reader.h"
#include "formats/mapped_file.h"
#include "formats/safetensors_header.h"
#include "formats/utf8.h"

namespace darkroom::formats {
namespace {

// The reference implementation refuses longer headers, so such a file is useless to others as well.
constexpr uint64_t kMaxHeaderBytes = 100'000'000;
constexpr size_t kDataAlignment = 64;

/// Tensors must tile the data: sorted by place, each starts where the one before ended.
void check_cover(std::vector<SafetensorsEntry> entries, size_t data_bytes) {
  std::sort(entries.begin(), entries.end(), [](const SafetensorsEntry& a, const SafetensorsEntry& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  uint64_t covered = 0;
  for (const SafetensorsEntry& entry : entries) {
    require(entry.begin == covered, ErrorKind::corrupt_file, "tensor {} starts at byte {} of the data: must be {}, {}",
            in_quotes(entry.name), entry.begin, covered,
            entry.begin < covered ? "it overlaps another" : "there is a hole before it");
    covered = entry.end;
  }
  require(covered == data_bytes, ErrorKind::corrupt_file,
          "the tensors end at byte {} of the data but there are {} bytes of it", covered, data_bytes);
}

StoredTensor stored_tensor(const SafetensorsEntry& entry, Bytes data, const std::shared_ptr<const void>& owner) {
  require(entry.begin <= entry.end, ErrorKind::corrupt_file, "tensor {} ends at byte {}, before its start {}",
          in_quotes(entry.name), entry.end, entry.begin);
  require(entry.end <= data.size(), ErrorKind::corrupt_file,
          "tensor {} ends at byte {} but the data has {} bytes; incomplete download?", in_quotes(entry.name), entry.end,
          data.size());
  const auto bytes = byte_size(entry.dtype, entry.shape);
  require(bytes.has_value(), ErrorKind::corrupt_file, "tensor {} has an impossible shape: its size overflows",
          in_quotes(entry.name));
  require(*bytes == entry.end - entry.begin, ErrorKind::corrupt_file,
          "tensor {} must have {} bytes by its shape and dtype, has {}", in_quotes(entry.name), *bytes,
          entry.end - entry.begin);
  return {entry.dtype, entry.shape, data.data() + entry.begin, *bytes, owner};
}

std::string header_json(const std::vector<std::pair<std::string, TensorToMake>>& tensors,
                        const std::map<std::string, std::string>& metadata) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header[std::string(kSafetensorsMetadataKey)] = metadata;
  std::set<std::string_view> names;
  uint64_t offset = 0;
  for (const auto& [name, tensor] : tensors) {
    require(name != kSafetensorsMetadataKey && names.insert(name).second, ErrorKind::invalid_request, "the name {} {}",
            in_quotes(name), name == kSafetensorsMetadataKey ? "is reserved" : "comes twice");
    const auto bytes = byte_size(tensor.dtype, tensor.shape);
    require(bytes.has_value(), ErrorKind::internal, "tensor {} has a shape that cannot be", in_quotes(name));
    // push_back: operator[] of an ordered object searches all names before, which is quadratic.
    header.get_ref<nlohmann::ordered_json::object_t&>().push_back(
        {name,
         {{"dtype", dtype_name(tensor.dtype)}, {"shape", tensor.shape}, {"data_offsets", {offset, offset + *bytes}}}});
    offset += *bytes;
  }
  try {
    return header.dump();
  } catch (const nlohmann::json::exception&) {
    fail(ErrorKind::invalid_request, "a tensor name or the metadata is not valid UTF-8");
  }
}

void write_file_of(const std::filesystem::path& path, const std::vector<std::pair<std::string, TensorToMake>>& tensors,
                   std::string header) {
  const size_t unpadded = sizeof(uint64_t) + header.size();
  header.append((kDataAlignment - unpadded % kDataAlignment) % kDataAlignment, ' ');
  const uint64_t header_bytes = header.size();
  uint64_t total = sizeof header_bytes + header_bytes;
  for (const auto& [name, tensor] : tensors) total += *byte_size(tensor.dtype, tensor.shape);

  AtomicFile file(path, total);
  file.write(&header_bytes, sizeof header_bytes);
  file.write(header);
  for (const auto& [name, tensor] : tensors) {
    const StoredTensor made = tensor.make();
    require(made.dtype == tensor.dtype && made.shape == tensor.shape &&
                made.bytes == *byte_size(tensor.dtype, tensor.shape),
            ErrorKind::internal, "write \"{}\": tensor {} has {} bytes, which do not fit its shape and dtype",
            path.string(), in_quotes(name), made.bytes);
    file.write(made.data, made.bytes);
  }
  file.commit();
}

}  // namespace

TensorFile read_safetensors_bytes(std::span<const std::byte> file, std::shared_ptr<const void> owner) {
  ByteReader reader(file);
  require(file.size() >= sizeof(uint64_t), ErrorKind::corrupt_file, "must start with 8 bytes of header length, has {}",
          file.size());
  const auto header_bytes = reader.number<uint64_t>();
  require(header_bytes <= kMaxHeaderBytes && header_bytes <= reader.left(), ErrorKind::corrupt_file,
          "the header must have at most {} bytes (what is left of the file), claims {}; incomplete download?",
          std::min<uint64_t>(kMaxHeaderBytes, reader.left()), header_bytes);
  SafetensorsHeader header = parse_safetensors_header(as_text(reader.take(header_bytes)));
  const Bytes data = reader.take(reader.left());

  TensorFile result;
  for (const SafetensorsEntry& entry : header.entries)
    result.tensors.emplace(entry.name, stored_tensor(entry, data, owner));
  check_cover(std::move(header.entries), data.size());
  result.metadata = std::move(header.metadata);
  return result;
}

TensorFile read_safetensors(const std::filesystem::path& path) {
  const MappedFile file = map_file(path);
  try {
    return read_safetensors_bytes(file.bytes, file.owner);
  } catch (const Error& error) {
    throw error.within(fmt::format("load \"{}\"", path.string()));
  }
}

void write_safetensors(const std::filesystem::path& path,
                       const std::vector<std::pair<std::string, StoredTensor>>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  std::vector<std::pair<std::string, TensorToMake>> made;
  for (const auto& [name, tensor] : tensors)
    made.emplace_back(name, TensorToMake{tensor.dtype, tensor.shape, [&tensor = tensor] { return tensor; }});
  stream_safetensors(path, made, metadata);
}

void stream_safetensors(const std::filesystem::path& path,
                        const std::vector<std::pair<std::string, TensorToMake>>& tensors,
                        const std::map<std::string, std::string>& metadata) {
  std::string header;
  try {
    header = header_json(tensors, metadata);
  } catch (const Error& error) {
    throw error.within(fmt::format("write \"{}\"", path.string()));
  }
  write_file_of(path, tensors, std::move(header));
}

}  // namespace darkroom::formats
