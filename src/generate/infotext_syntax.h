// Infotext as text: a prompt, what to avoid, and a line of "Key: value" fields.
// Source of truth: A1111 1.10, modules/infotext_utils.py parse_generation_parameters, quote.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace darkroom::generate {

inline constexpr std::string_view kNegativePromptMark = "Negative prompt:";

using InfotextFields = std::vector<std::pair<std::string, std::string>>;

/// Infotext of any program, read leniently as A1111 does: what is not understood stays in the prompt or in `fields`.
struct ParsedInfotext {
  std::string prompt;
  std::string negative_prompt;
  InfotextFields fields;  ///< in their order; "Size: 512x768" as "Size-1", "Size-2"
};

/// The last line holds the fields if it has at least three; lines of the prompts are trimmed.
ParsedInfotext parse_infotext(std::string_view text);

/// A value as it is written after its key: as a JSON string where it could be taken for more fields.
std::string infotext_value(const std::string& value);

/// The infotext with more fields before its version.
std::string with_fields(std::string infotext, const InfotextFields& fields);

/// Without blanks (ASCII) around it.
std::string_view trimmed(std::string_view text);

}  // namespace darkroom::generate
