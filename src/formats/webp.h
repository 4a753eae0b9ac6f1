// WebP: pixels and EXIF, both ways, by libwebp. Format: RFC 9649.
#pragma once

#include <span>
#include <string>

#include "formats/exif.h"
#include "imaging/image.h"

namespace darkroom::formats {

/// The format's own limit.
inline constexpr int kMaxWebpSide = 16383;
/// A few bytes can stand for any number of pixels of one colour, so their number has a limit too.
inline constexpr int64_t kMaxWebpPixels = int64_t(1) << 26;

struct WebpFile {
  Image image;  ///< RGB, or RGBA where there is transparency; `exif.orientation` is not applied yet
  Exif exif;
};

/// Throws Error{corrupt_file} for damaged files and those that end early, {unsupported} for animations and for more
/// than kMaxWebpPixels.
WebpFile read_webp_bytes(std::span<const std::byte> file);

/// `quality` 1 to 99; 100 keeps every pixel as it is (but colours where alpha is 0). Requires: 1, 3 or 4 channels, all
/// pixels present. Throws Error{invalid_request} for a size or quality out of range and a comment that is not UTF-8.
std::string encode_webp(const Image& image, int quality, const std::string& comment = "");

}  // namespace darkroom::formats
