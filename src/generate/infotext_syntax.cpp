#include "generate/infotext_syntax.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

namespace darkroom::generate {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kBlanks = " \t\n\r\f\v";

std::string unquoted(std::string_view value) {
  if (value.size() < 2 || value.front() != '"' || value.back() != '"') return std::string(value);
  const Json parsed = Json::parse(value, nullptr, /*allow_exceptions=*/false);
  return parsed.is_string() ? parsed.get<std::string>() : std::string(value);
}

bool is_word(char c) {  // bytes of letters beyond ASCII count as letters
  return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & 0x80);
}

bool is_key(char c) {
  return is_word(c) || c == ' ' || c == '-' || c == '/';
}

/// The end of a quoted JSON string that starts at `at` and is followed by a comma or the end; nothing if there is none.
std::optional<size_t> quoted_end(std::string_view line, size_t at) {
  if (at >= line.size() || line[at] != '"') return std::nullopt;
  size_t i = at + 1;
  while (i < line.size() && line[i] != '"') i += line[i] == '\\' ? 2 : 1;
  if (i >= line.size() || i == at + 1) return std::nullopt;
  return i + 1 == line.size() || line[i + 1] == ',' ? std::optional(i + 1) : std::nullopt;
}

/// "Key: value, Key: "quoted", ..." with whatever does not look like that skipped.
InfotextFields fields_of(std::string_view line) {
  InfotextFields fields;
  size_t at = 0;
  while (at < line.size()) {
    if (!is_word(line[at])) {
      ++at;
      continue;
    }
    size_t colon = at;
    while (colon < line.size() && is_key(line[colon])) ++colon;
    if (colon >= line.size() || line[colon] != ':' || colon - at < 2) {
      at = colon + (colon == at);  // no later start in this run of letters could reach a colon either
      continue;
    }
    const size_t start = std::min(line.find_first_not_of(kBlanks, colon + 1), line.size());
    const size_t end = quoted_end(line, start).value_or(std::min(line.find(',', start), line.size()));
    fields.emplace_back(line.substr(at, colon - at), line.substr(start, end - start));
    at = end + 1;
  }
  return fields;
}

bool is_number(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

void add_field(InfotextFields& fields, const std::string& key, std::string_view written) {
  const std::string value = unquoted(written);
  if (value.empty()) return;
  const size_t x = value.find('x');
  if (x != std::string::npos && is_number(value.substr(0, x)) && is_number(value.substr(x + 1))) {
    fields.emplace_back(key + "-1", value.substr(0, x));
    fields.emplace_back(key + "-2", value.substr(x + 1));
  } else {
    fields.emplace_back(key, value);
  }
}

void append_line(std::string& text, std::string_view line) {
  if (!text.empty()) text += '\n';
  text += line;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::string infotext_value(const std::string& value) {
  if (value.find_first_of(",\n:") == std::string::npos) return value;
  return Json(value).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string with_fields(std::string infotext, const InfotextFields& fields) {
  std::string more;
  for (const auto& [key, value] : fields) more += fmt::format(", {}: {}", key, infotext_value(value));
  return infotext.insert(std::min(infotext.rfind(", Version: "), infotext.size()), more);
}

ParsedInfotext parse_infotext(std::string_view text) {
  text = trimmed(text);
  ParsedInfotext parsed;
  const size_t last = text.rfind('\n');
  const std::string_view last_line = text.substr(last == std::string_view::npos ? 0 : last + 1);
  const InfotextFields found = fields_of(last_line);
  if (found.size() >= 3) {
    for (const auto& [key, value] : found) add_field(parsed.fields, key, value);
    text = text.substr(0, last == std::string_view::npos ? 0 : last);
  }
  bool negative = false;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.starts_with(kNegativePromptMark)) {
      negative = true;
      line = trimmed(line.substr(kNegativePromptMark.size()));
    }
    append_line(negative ? parsed.negative_prompt : parsed.prompt, line);
  }
  return parsed;
}

}  // namespace darkroom::generate
