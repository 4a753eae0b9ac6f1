#include "prompt/extra_networks.h"

#include <charconv>
#include <cmath>
#include <optional>

#include "base/error.h"
#include "formats/utf8.h"

namespace darkroom::prompt {
namespace {

bool is_word(char c) {  // bytes of letters beyond ASCII count as letters
  return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & 0x80);
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(':', at), text.size());
    parts.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

/// The tag that starts at `at`.
std::optional<NetworkTag> tag_at(std::string_view text, size_t at) {
  size_t colon = at + 1;
  while (colon < text.size() && is_word(text[colon])) ++colon;
  if (colon == at + 1 || colon >= text.size() || text[colon] != ':') return std::nullopt;
  const size_t end = text.find('>', colon);
  if (end == std::string_view::npos || end == colon + 1) return std::nullopt;
  return NetworkTag{std::string(text.substr(at + 1, colon - at - 1)), split(text.substr(colon + 1, end - colon - 1)),
                    std::string(text.substr(at, end + 1 - at))};
}

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\n\r");
  if (first == std::string_view::npos) return {};
  text = text.substr(first, text.find_last_not_of(" \t\n\r") - first + 1);
  return text.starts_with('+') ? text.substr(1) : text;
}

template <typename Number>
Number number(const NetworkTag& tag, std::string_view text) {
  const std::string_view digits = trimmed(text);
  Number value{};
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  const bool whole = problem == std::errc() && end == digits.data() + digits.size() && std::isfinite(double(value));
  require(whole, ErrorKind::invalid_request, "read the tag {}: {} is needed, {} was given",
          formats::in_quotes(tag.text), std::is_integral_v<Number> ? "a whole number" : "a number",
          formats::in_quotes(text));
  return value;
}

}  // namespace

TaggedPrompt without_tags(std::string_view prompt) {
  TaggedPrompt found;
  for (size_t at = 0; at < prompt.size();) {
    const auto tag = prompt[at] == '<' ? tag_at(prompt, at) : std::nullopt;
    if (!tag) {
      found.text += prompt[at++];
      continue;
    }
    at += tag->text.size();
    found.tags.push_back(*tag);
  }
  return found;
}

bool is_lora(const NetworkTag& tag) {
  return tag.type == "lora" || tag.type == "lyco";
}

LoraTag lora_tag(const NetworkTag& tag) {
  std::vector<std::string> positional;
  std::optional<std::string> text, unet, rank_limit;
  for (const std::string& argument : tag.arguments) {
    const size_t equals = argument.find('=');
    if (equals == std::string::npos || argument.find('=', equals + 1) != std::string::npos) {
      positional.push_back(argument);
      continue;
    }
    const std::string name = argument.substr(0, equals), value = argument.substr(equals + 1);
    require(name == "te" || name == "unet" || name == "dyn", ErrorKind::invalid_request,
            "read the tag {}: the arguments are te=, unet= and dyn=, {} was given", formats::in_quotes(tag.text),
            formats::in_quotes(argument));
    (name == "te" ? text : name == "unet" ? unet : rank_limit) = value;
  }
  require(!positional.empty() && !positional[0].empty() && positional.size() <= 4, ErrorKind::invalid_request,
          "read the tag {}: must be <{}:name>, <{}:name:weight> or <{}:name:te=weight:unet=weight:dyn=rank>",
          formats::in_quotes(tag.text), tag.type, tag.type, tag.type);
  const auto said = [&](const std::optional<std::string>& named, size_t place) -> std::optional<std::string> {
    return named ? named : place < positional.size() ? std::optional(positional[place]) : std::nullopt;
  };
  LoraTag lora{.name = positional[0], .written = tag.text};
  if (const auto value = said(text, 1)) lora.text = number<double>(tag, *value);
  const auto value = said(unet, 2);
  lora.unet = value ? number<double>(tag, *value) : lora.text;
  if (const auto limit = said(rank_limit, 3)) {
    lora.rank_limit = number<int>(tag, *limit);
    require(lora.rank_limit >= 1, ErrorKind::invalid_request, "read the tag {}: dyn must be at least 1, {} was given",
            formats::in_quotes(tag.text), lora.rank_limit);
  }
  return lora;
}

std::vector<LoraTag> lora_tags(const TaggedPrompt& prompt) {
  std::vector<LoraTag> tags;
  for (const NetworkTag& tag : prompt.tags)
    if (is_lora(tag)) tags.push_back(lora_tag(tag));
  return tags;
}

}  // namespace darkroom::prompt
