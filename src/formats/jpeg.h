// JPEG: pixels and EXIF, both ways, by libjpeg-turbo. Format: ITU-T T.81, T.871.
#pragma once

#include <span>
#include <string>

#include "formats/exif.h"
#include "imaging/image.h"

namespace darkroom::formats {

/// Nothing larger is read or written; checked before any pixel is allocated.
inline constexpr int kMaxJpegSide = 16384;
/// UTF-16 units of a comment: EXIF has to fit into one segment of 64 KiB.
inline constexpr size_t kMaxJpegComment = 32700;

struct JpegFile {
  Image image;  ///< as stored: `exif.orientation` is not applied yet
  Exif exif;
};

/// 8 bits of grey or RGB (CMYK is converted). Throws Error{corrupt_file} for files that are damaged or end early,
/// {unsupported} for sizes above kMaxJpegSide, other depths than 8 bits and arithmetic coding.
JpegFile read_jpeg_bytes(std::span<const std::byte> file);

/// `quality` 1 to 100. Requires: 1 or 3 channels, all pixels present. Throws Error{invalid_request} for a size or
/// quality out of range and for a comment that is too long or not UTF-8.
std::string encode_jpeg(const Image& image, int quality, const std::string& comment = "");

}  // namespace darkroom::formats
