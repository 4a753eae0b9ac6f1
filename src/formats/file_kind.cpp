#include "formats/file_kind.h"

#include <algorithm>

#include "base/error.h"
#include "formats/byte_reader.h"
#include "formats/mapped_file.h"
#include "formats/safetensors.h"
#include "formats/torch_checkpoint.h"

namespace darkroom::formats {
namespace {

constexpr std::string_view kPng = "\x89PNG\r\n\x1a\n";
constexpr std::string_view kJpeg = "\xFF\xD8\xFF";
constexpr std::string_view kZip = "PK\x03\x04";
// A pickle of protocol 2 with torch's magic number, 0x1950a86a20f9469cfc6c.
constexpr std::string_view kLegacy = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";

}  // namespace

FileKind file_kind(std::span<const std::byte> file) {
  const std::string_view text = as_text(file.first(std::min<size_t>(file.size(), 16)));
  if (text.starts_with(kPng)) return FileKind::png;
  if (text.starts_with(kJpeg)) return FileKind::jpeg;
  if (text.starts_with("RIFF") && text.size() >= 12 && text.substr(8, 4) == "WEBP") return FileKind::webp;
  if (text.starts_with(kZip)) return FileKind::torch_zip;
  if (text.starts_with(kLegacy)) return FileKind::torch_legacy;
  if (text.size() >= 9 && text[8] == '{') {
    const auto header_bytes = ByteReader(file).number<uint64_t>();
    if (header_bytes < uint64_t(1) << 32) return FileKind::safetensors;
  }
  return FileKind::unknown;
}

FileKind file_kind(const std::filesystem::path& path) {
  return file_kind(map_file(path).bytes);
}

std::string_view file_kind_name(FileKind kind) {
  switch (kind) {
    case FileKind::safetensors:
      return "a safetensors file";
    case FileKind::torch_zip:
      return "a torch checkpoint (or another zip archive)";
    case FileKind::torch_legacy:
      return "a torch checkpoint in the legacy format";
    case FileKind::png:
      return "a PNG picture";
    case FileKind::jpeg:
      return "a JPEG picture";
    case FileKind::webp:
      return "a WebP picture";
    case FileKind::unknown:
      break;
  }
  return "a file of unknown kind";
}

TensorFile read_tensor_file(const std::filesystem::path& path) {
  switch (const FileKind kind = file_kind(path)) {
    case FileKind::safetensors:
      return read_safetensors(path);
    case FileKind::torch_zip:
    case FileKind::torch_legacy:
      return read_torch_checkpoint(path);
    default:
      // A damaged file gets the message of the format its name promises.
      if (path.extension() == ".safetensors") return read_safetensors(path);
      if (path.extension() == ".ckpt" || path.extension() == ".pt") return read_torch_checkpoint(path);
      fail(ErrorKind::unsupported, "load \"{}\": must be a safetensors file or a torch checkpoint, is {}",
           path.string(), file_kind_name(kind));
  }
}

}  // namespace darkroom::formats
