// Comments in prompts: from # to the end of the line.
// Source of truth: AUTOMATIC1111 modules/processing_scripts/comments.py.
#pragma once

#include <string>
#include <string_view>

namespace darkroom::prompt {

/// Without its comments, each of which leaves a line's end. Every # begins one.
std::string without_comments(std::string_view text);

}  // namespace darkroom::prompt
