// Blanks as Python counts them: four separators more than Unicode's.
#pragma once

#include <optional>
#include <string_view>

#include "formats/utf8.h"

namespace darkroom::prompt {

std::optional<formats::CodePoint> last_code_point(std::string_view text);

std::string_view without_blanks_in_front(std::string_view text);
std::string_view without_blanks_behind(std::string_view text);
/// Python's str.strip().
std::string_view without_blanks_around(std::string_view text);

}  // namespace darkroom::prompt
