// What the brackets of a prompt do.
// Source of truth: AUTOMATIC1111 modules/sd_emphasis.py and the option "emphasis".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "prompt/syntax.h"

namespace darkroom::prompt {

enum class Emphasis {
  original,  ///< words are multiplied by their weight, then all by what brings the mean back
  no_norm,   ///< words are multiplied by their weight
  ignore,    ///< brackets disappear and weigh nothing
  none,      ///< brackets are text, and so is BREAK
};

/// "Original", "No norm", "Ignore", "None", as in infotext.
std::vector<std::string> emphasis_names();
/// In any case. Throws Error{invalid_request} that lists the names.
Emphasis emphasis_named(std::string_view name);

/// The pieces of `text` as parse_attention() finds them, weighed as asked.
std::vector<WeightedText> weighted_pieces(std::string_view text, Emphasis emphasis);

}  // namespace darkroom::prompt
