// The pictures that requests name: read here and nowhere else.
#pragma once

#include <string>

#include "formats/picture_file.h"
#include "imaging/image.h"

namespace darkroom::generate {

/// Pictures with more pixels are not taken.
inline constexpr int64_t kMostSourcePixels = int64_t(1) << 26;

/// The file of that name. Throws Error: not_found, corrupt_file, unsupported for other kinds of files and for pictures
/// that are too large.
Image read_source_picture(const std::string& name);

/// The same with the texts it carries.
formats::PictureFile read_source_file(const std::string& name);

}  // namespace darkroom::generate
