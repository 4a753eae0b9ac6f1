#pragma once

#include <string_view>

namespace darkroom {

/// "0.1.0": the project version of CMakeLists.txt.
std::string_view version();

}  // namespace darkroom
