// PNG: pixels and text chunks, both ways. Format: https://www.w3.org/TR/png/ ; pixels by libpng.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "imaging/image.h"

namespace darkroom::formats {

/// Nothing larger is read or written; checked before any pixel is allocated.
inline constexpr int kMaxPngSide = 16384;

/// A text chunk (tEXt, zTXt or iTXt), always valid UTF-8 here: bytes of a damaged iTXt that are not UTF-8 read as
/// U+FFFD.
struct PngText {
  std::string keyword;  ///< 1..79 characters of Latin-1; "parameters" carries the infotext
  std::string text;
};

struct PngFile {
  Image image;
  std::vector<PngText> texts;  ///< in the order of the file
};

/// Any kind of PNG as 8 bits of grey, RGB or RGBA (grey with alpha becomes RGBA; 16 bits are rounded).
/// Text chunks over 4 MiB, and all after the first 63 (palette suggestions count too), are left out.
/// Throws Error: those of map_file, corrupt_file, and unsupported above kMaxPngSide.
PngFile read_png(const std::filesystem::path& path);
PngFile read_png_bytes(std::span<const std::byte> file);

/// Text that Latin-1 can hold becomes tEXt, as other programs expect; all other text iTXt.
/// Requires: 1, 3 or 4 channels, all pixels present. Throws Error{invalid_request} for a keyword the format does not
/// allow, for text that is not UTF-8 or contains a zero byte, and for a size out of range.
std::string encode_png(const Image& image, const std::vector<PngText>& texts = {});
/// encode_png through AtomicFile; also throws Error{io}.
void write_png(const std::filesystem::path& path, const Image& image, const std::vector<PngText>& texts = {});

}  // namespace darkroom::formats
