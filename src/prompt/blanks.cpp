#include "prompt/blanks.h"

#include <algorithm>

#include "prompt/unicode.h"

namespace darkroom::prompt {
namespace {

bool is_python_blank(char32_t c) {
  return is_blank(c) || (c >= 0x1C && c <= 0x1F);
}

}  // namespace

std::optional<formats::CodePoint> last_code_point(std::string_view text) {
  for (size_t bytes = 1; bytes <= std::min<size_t>(4, text.size()); ++bytes) {
    const auto c = formats::first_code_point(text.substr(text.size() - bytes));
    if (c && c->bytes == bytes) return c;
  }
  return std::nullopt;
}

std::string_view without_blanks_in_front(std::string_view text) {
  for (auto c = formats::first_code_point(text); c && is_python_blank(c->value); c = formats::first_code_point(text)) {
    text.remove_prefix(c->bytes);
  }
  return text;
}

std::string_view without_blanks_behind(std::string_view text) {
  for (auto c = last_code_point(text); c && is_python_blank(c->value); c = last_code_point(text)) {
    text.remove_suffix(c->bytes);
  }
  return text;
}

std::string_view without_blanks_around(std::string_view text) {
  return without_blanks_behind(without_blanks_in_front(text));
}

}  // namespace darkroom::prompt
