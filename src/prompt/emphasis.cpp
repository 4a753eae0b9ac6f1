#include "prompt/emphasis.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"
#include "formats/utf8.h"

namespace darkroom::prompt {
namespace {

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  return lower;
}

}  // namespace

std::vector<std::string> emphasis_names() {
  return {"Original", "No norm", "Ignore", "None"};
}

Emphasis emphasis_named(std::string_view name) {
  const std::vector<std::string> names = emphasis_names();
  for (size_t i = 0; i < names.size(); ++i)
    if (lower_case(names[i]) == lower_case(name)) return static_cast<Emphasis>(i);
  fail(ErrorKind::invalid_request, "--emphasis: one of {} is needed, {} was given", fmt::join(names, ", "),
       formats::in_quotes(name));
}

std::vector<WeightedText> weighted_pieces(std::string_view text, Emphasis emphasis) {
  if (emphasis == Emphasis::none) return {{std::string(text), 1}};
  std::vector<WeightedText> pieces = parse_attention(text);
  if (emphasis == Emphasis::ignore)
    for (WeightedText& piece : pieces)
      if (!is_break(piece)) piece.weight = 1;
  return pieces;
}

}  // namespace darkroom::prompt
