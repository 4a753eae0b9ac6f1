// The attention syntax of prompts: brackets that make words count more or less.
// Source of truth: AUTOMATIC1111 modules/prompt_parser.py, parse_prompt_attention.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace darkroom::prompt {

struct WeightedText {
  std::string text;
  double weight = 1;
  bool operator==(const WeightedText&) const = default;
};

/// The pieces of `text` with their weights, in order; never empty ("" gives one empty piece).
/// - `(x)` counts 1.1 times, `[x]` 1/1.1 times, `(x:1.3)` 1.3 times; nested brackets multiply; a bracket never closed
///   reaches to the end; a closing one without partner is text, and so is `:1.3)` without one.
/// - `\(` `\)` `\[` `\]` `\\` are the characters themselves; any other backslash disappears.
/// - The word BREAK, with the blanks around it, becomes the piece {"BREAK", -1}. Inside brackets its weight is
///   multiplied like that of any other piece, and it is no break any more (so in the reference).
/// - Neighbours of equal weight are one piece.
/// Weights can be 0, negative or, after very deep nesting, infinite. Bytes that are not UTF-8 pass through.
/// Throws invalid_request if a weight is no number, such as "1.2.3".
std::vector<WeightedText> parse_attention(std::string_view text);

/// Whether the piece asks for a new chunk.
bool is_break(const WeightedText& piece);

}  // namespace darkroom::prompt
