// Pictures of any kind we know, PNG, JPEG and WebP: read by what they contain, written by what they are called.
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>

#include "formats/file_kind.h"
#include "imaging/image.h"

namespace darkroom::formats {

struct PictureFile {
  FileKind kind = FileKind::unknown;
  Image image;  ///< 8 bits of grey, RGB or RGBA, upright
  /// Text chunks of a PNG by keyword, of several the first; the EXIF comment of a JPEG or WebP as "parameters".
  std::map<std::string, std::string> texts;
};

/// Sizes are checked before any pixel is allocated. Throws Error: those of map_file, corrupt_file, and unsupported for
/// other kinds of files (saying what it is), for animations and for pictures too large.
PictureFile read_picture(const std::filesystem::path& path);
PictureFile read_picture_bytes(std::span<const std::byte> file);

inline constexpr int kDefaultQuality = 80;  // A1111's

/// How a picture is written. `quality` 1 to 100 means nothing to PNG; WebP keeps all pixels as they are at 100.
struct PictureFormat {
  FileKind kind = FileKind::png;
  int quality = kDefaultQuality;
};

/// By the ending of a name: .png, .jpg, .jpeg or .webp in any case. Throws Error{invalid_request} naming these.
PictureFormat format_of_name(const std::filesystem::path& name, int quality = kDefaultQuality);

/// With its recipe, if not empty, where read_picture() finds it as "parameters". Throws as the encoders of the kinds.
std::string encode_picture(const Image& image, const std::string& recipe, const PictureFormat& format);
/// encode_picture through AtomicFile, in the format of the name.
void write_picture(const std::filesystem::path& path, const Image& image, const std::string& recipe,
                   int quality = kDefaultQuality);

}  // namespace darkroom::formats
