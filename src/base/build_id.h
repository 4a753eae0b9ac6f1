#pragma once

#include <string>

namespace darkroom {

/// Twelve hex digits that another build of the program does not have: the linker's note of its content, the page
/// included. Empty where it was linked without one.
std::string build_id();

}  // namespace darkroom
