// Styles: texts kept under a name, to be put around or behind a prompt.
// Source of truth: AUTOMATIC1111 modules/styles.py.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::prompt {

struct Style {
  std::string name, prompt, negative_prompt;
};

/// Adds the styles of a styles.csv: UTF-8 with or without byte order mark, first line name, prompt, negative_prompt in
/// any order (or name, text), further columns ignored. Rows whose name begins with # are comments. A name that is there
/// already keeps its place and takes the new texts. Throws Error: those of read_text_file, corrupt_file for a missing
/// column or text that is not UTF-8.
void add_styles(std::vector<Style>& styles, const std::filesystem::path& file);

/// Throws Error{invalid_request} that lists the nearest names.
const Style& style_named(const std::vector<Style>& styles, std::string_view name);

/// The prompt in a style's text: in place of each {prompt}, else before it, with a comma between what is not blank.
std::string with_style(std::string_view prompt, std::string_view style);

}  // namespace darkroom::prompt
