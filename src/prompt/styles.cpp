#include "prompt/styles.h"

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "formats/csv.h"
#include "formats/mapped_file.h"
#include "formats/utf8.h"
#include "prompt/blanks.h"

namespace darkroom::prompt {
namespace {

constexpr size_t kMostBytes = 64 << 20;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kPlace = "{prompt}";

std::optional<size_t> column(const formats::CsvRow& header, std::string_view name) {
  const auto found = std::find(header.begin(), header.end(), name);
  return found == header.end() ? std::nullopt : std::optional(size_t(found - header.begin()));
}

std::string cell(const formats::CsvRow& row, const std::optional<size_t>& column) {
  return column && *column < row.size() ? row[*column] : "";
}

void add_style(std::vector<Style>& styles, Style style) {
  for (Style& known : styles) {
    if (known.name != style.name) continue;
    known = std::move(style);
    return;
  }
  styles.push_back(std::move(style));
}

}  // namespace

void add_styles(std::vector<Style>& styles, const std::filesystem::path& file) {
  const std::string content = formats::read_text_file(file, kMostBytes);
  const auto name = [&] { return formats::in_quotes(file.string()); };
  require(formats::is_utf8(content), ErrorKind::corrupt_file, "read the styles {}: the text must be UTF-8, but is not",
          name());
  std::string_view text = content;
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  const std::vector<formats::CsvRow> rows = formats::csv_rows(text);
  const formats::CsvRow header = rows.empty() ? formats::CsvRow{} : rows.front();
  const auto names = column(header, "name"), negatives = column(header, "negative_prompt");
  const auto prompts = column(header, "prompt") ? column(header, "prompt") : column(header, "text");
  require(names && prompts, ErrorKind::corrupt_file,
          "read the styles {}: its first line must name the columns name and prompt, such as "
          "\"name,prompt,negative_prompt\"",
          name());
  for (size_t i = 1; i < rows.size(); ++i) {
    Style style{cell(rows[i], names), cell(rows[i], prompts), cell(rows[i], negatives)};
    if (!style.name.starts_with('#')) add_style(styles, std::move(style));
  }
}

const Style& style_named(const std::vector<Style>& styles, std::string_view name) {
  std::string known;
  for (const Style& style : styles) {
    if (style.name == name) return style;
    if (known.size() < 300) known += (known.empty() ? "" : ", ") + formats::in_quotes(style.name);
  }
  fail(ErrorKind::invalid_request, "--style: there is no style {}; {}", formats::in_quotes(name),
       known.empty() ? "give a --styles-file that has it" : "there are " + known);
}

std::string with_style(std::string_view prompt, std::string_view style) {
  if (style.find(kPlace) == std::string_view::npos) {
    const std::string_view first = without_blanks_around(prompt), second = without_blanks_around(style);
    const bool both = !first.empty() && !second.empty();
    return std::string(first) + (both ? ", " : "") + std::string(second);
  }
  std::string text;
  for (size_t at = style.find(kPlace); at != std::string_view::npos; at = style.find(kPlace)) {
    text += style.substr(0, at);
    text += prompt;
    style.remove_prefix(at + kPlace.size());
  }
  return text + std::string(style);
}

}  // namespace darkroom::prompt
