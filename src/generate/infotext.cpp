#include "generate/infotext.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/version.h"
#include "generate/read_recipe.h"

namespace darkroom::generate {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kNegative = "Negative prompt:";
constexpr std::string_view kBlanks = " \t\n\r\f\v";

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

/// Values that could be taken for more than one field are written as JSON strings.
std::string field_value(const std::string& value) {
  if (value.find_first_of(",\n:") == std::string::npos) return value;
  return Json(value).dump(-1, ' ', false, Json::error_handler_t::replace);
}

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

using Fields = std::vector<std::pair<std::string, std::string>>;

/// "Key: value, Key: "quoted", ..." with whatever does not look like that skipped.
Fields fields_of(std::string_view line) {
  Fields fields;
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

void add_field(Fields& fields, const std::string& key, std::string_view written) {
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

void append_file(std::string& line, const std::string& key, const std::string& name, const std::string& hash) {
  if (!hash.empty()) line += fmt::format(", {} hash: {}", key, hash);
  if (!name.empty()) line += fmt::format(", {}: {}", key, field_value(name));
}

}  // namespace

std::string infotext(const Recipe& recipe) {
  const GenerateRequest& request = recipe.request;
  std::string line;
  for (const RequestField& field : request_fields()) {
    const std::string value = field_text(request, field);
    if (field.acts && !field.acts(request)) continue;
    if (field.infotext == "Model") {
      append_file(line, "Model", recipe.model_name, recipe.model_hash);
    } else if (field.infotext == "VAE") {
      append_file(line, "VAE", recipe.vae_name, recipe.vae_hash);
    } else if (field.recorded == Recorded::always ||
               (field.recorded == Recorded::unlike_default && value != field_text(GenerateRequest{}, field))) {
      // "Size-1" and "Size-2" are one entry, "Size: 512x768".
      if (field.infotext.ends_with("-2"))
        line += "x" + value;
      else if (field.infotext.ends_with("-1"))
        line += fmt::format(", {}: {}", field.infotext.substr(0, field.infotext.size() - 2), value);
      else
        line += fmt::format(", {}: {}", field.infotext, field_value(value));
    }
  }
  if (!recipe.lora_hashes.empty()) line += ", Lora hashes: " + field_value(recipe.lora_hashes);
  // What is computed together is rounded alike, so that an exact repetition needs the whole batch.
  if (request.batch_size > 1)
    line += fmt::format(", Batch size: {}, Batch pos: {}", request.batch_size, recipe.batch_position);
  std::string text = request.prompt;
  if (!request.negative_prompt.empty()) text += fmt::format("\n{} {}", kNegative, request.negative_prompt);
  text += "\n" + line.substr(2) + ", Version: darkroom " + std::string(version());
  return std::string(trimmed(text));
}

std::string with_fields(std::string infotext, const std::vector<std::pair<std::string, std::string>>& fields) {
  std::string more;
  for (const auto& [key, value] : fields) more += fmt::format(", {}: {}", key, field_value(value));
  return infotext.insert(std::min(infotext.rfind(", Version: "), infotext.size()), more);
}

ParsedInfotext parse_infotext(std::string_view text) {
  text = trimmed(text);
  ParsedInfotext parsed;
  const size_t last = text.rfind('\n');
  const std::string_view last_line = text.substr(last == std::string_view::npos ? 0 : last + 1);
  const Fields found = fields_of(last_line);
  if (found.size() >= 3) {
    for (const auto& [key, value] : found) add_field(parsed.fields, key, value);
    text = text.substr(0, last == std::string_view::npos ? 0 : last);
  }
  bool negative = false;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.starts_with(kNegative)) {
      negative = true;
      line = trimmed(line.substr(kNegative.size()));
    }
    append_line(negative ? parsed.negative_prompt : parsed.prompt, line);
  }
  return parsed;
}

Settings infotext_settings(const ParsedInfotext& infotext) {
  return read_recipe(infotext).settings;
}

}  // namespace darkroom::generate
