// Where a picture file keeps its recipe.
// Source of truth: A1111 1.10, modules/images.py read_info_from_image.
#pragma once

#include <string>

#include "formats/picture_file.h"

namespace darkroom::generate {

/// The infotext in a picture, or "" if it has none. NovelAI's own metadata comes in the form of infotext, with what its
/// models need: CLIP skip 2, ENSD 31337.
std::string infotext_of(const formats::PictureFile& picture);

}  // namespace darkroom::generate
