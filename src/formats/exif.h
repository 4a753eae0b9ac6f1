// EXIF, as far as pictures of Stable Diffusion use it: which side is up, and the comment that carries the recipe.
// Format: Exif 2.32 (a TIFF directory); the comment as A1111 writes it ("UNICODE\0", then UTF-16 with the high byte
// first).
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "imaging/image.h"

namespace darkroom::formats {

struct Exif {
  int orientation = 1;  ///< 1 (upright) to 8, as in the standard's tag 0x0112
  std::string comment;  ///< UserComment as UTF-8; empty if there is none
};

/// Of a block with or without "Exif\0\0" in front. Reads what it can: damaged entries count as absent.
Exif read_exif(std::span<const std::byte> block);

/// A block without "Exif\0\0" that holds this comment alone. Throws Error{invalid_request} for text that is not UTF-8.
std::string exif_with_comment(std::string_view comment);

/// The picture turned and mirrored so that it needs no orientation any more; another number than 2 to 8 leaves it.
Image upright(Image image, int orientation);

}  // namespace darkroom::formats
