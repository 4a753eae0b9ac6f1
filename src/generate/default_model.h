// The model that comes with the program.
#pragma once

#include <filesystem>

namespace darkroom::generate {

/// models/emoji beside the program, above it (the build folder lies in the source tree) or in the installed
/// share/darkroom. Throws Error{not_found} that lists the places.
std::filesystem::path default_model();

}  // namespace darkroom::generate
