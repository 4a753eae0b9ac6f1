#include "prompt/unicode.h"

#include <utf8proc.h>

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "formats/utf8.h"

namespace darkroom::prompt {
namespace {

constexpr char32_t kReplacement = 0xFFFD;
constexpr size_t kLongestDecomposition = 32;  // code points; Unicode's longest canonical one has 4

utf8proc_category_t category(char32_t c) {
  return utf8proc_category(static_cast<utf8proc_int32_t>(c));
}

int combining_class(utf8proc_int32_t c) {
  return utf8proc_get_property(c)->combining_class;
}

std::vector<utf8proc_int32_t> decomposed(const std::u32string& text) {
  std::vector<utf8proc_int32_t> out;
  out.reserve(text.size());
  utf8proc_int32_t parts[kLongestDecomposition];
  for (const char32_t c : text) {
    int boundary = 0;
    const auto count =
        utf8proc_decompose_char(static_cast<utf8proc_int32_t>(c), parts, kLongestDecomposition,
                                static_cast<utf8proc_option_t>(UTF8PROC_DECOMPOSE | UTF8PROC_STABLE), &boundary);
    require(count >= 0 && count <= static_cast<utf8proc_ssize_t>(kLongestDecomposition), ErrorKind::internal,
            "decompose U+{:04X}: utf8proc must know it, found error {}", static_cast<unsigned>(c), count);
    out.insert(out.end(), parts, parts + count);
  }
  return out;
}

/// Canonical ordering. Not utf8proc's: that one is quadratic in the length of a run of combining marks.
void sort_marks(std::vector<utf8proc_int32_t>& text) {
  const auto is_starter = [](utf8proc_int32_t c) { return combining_class(c) == 0; };
  const auto earlier = [](utf8proc_int32_t a, utf8proc_int32_t b) { return combining_class(a) < combining_class(b); };
  for (auto at = text.begin(); at != text.end();) {
    const auto first = std::find_if_not(at, text.end(), is_starter);
    const auto last = std::find_if(first, text.end(), is_starter);
    std::stable_sort(first, last, earlier);
    at = last;
  }
}

}  // namespace

bool is_letter(char32_t c) {
  const auto found = category(c);
  return found >= UTF8PROC_CATEGORY_LU && found <= UTF8PROC_CATEGORY_LO;
}

bool is_number(char32_t c) {
  const auto found = category(c);
  return found >= UTF8PROC_CATEGORY_ND && found <= UTF8PROC_CATEGORY_NO;
}

bool is_blank(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

int digit_value(char32_t c) {
  if (category(c) != UTF8PROC_CATEGORY_ND) return -1;
  // Unicode keeps decimal digits in runs of ten in order, also where several runs touch (mathematical digits).
  int distance = 0;
  while (category(c - distance - 1) == UTF8PROC_CATEGORY_ND) ++distance;
  return distance % 10;
}

std::u32string code_points(std::string_view text) {
  std::u32string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto c = formats::first_code_point(text);
    out.push_back(c ? c->value : kReplacement);
    text.remove_prefix(c ? c->bytes : 1);
  }
  return out;
}

std::u32string folded(std::u32string text) {
  if (std::any_of(text.begin(), text.end(), [](char32_t c) { return c >= 0x80; })) {
    auto composed = decomposed(text);
    sort_marks(composed);
    const auto length = utf8proc_normalize_utf32(composed.data(), static_cast<utf8proc_ssize_t>(composed.size()),
                                                 static_cast<utf8proc_option_t>(UTF8PROC_COMPOSE | UTF8PROC_STABLE));
    require(length >= 0, ErrorKind::internal, "compose text: utf8proc must succeed, found error {}", length);
    text.assign(composed.begin(), composed.begin() + length);
  }
  std::u32string out;
  out.reserve(text.size());
  for (const char32_t c : text) {
    out.push_back(static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c))));
    // The one code point whose full lower case has two (SpecialCasing.txt): i with dot above.
    if (c == 0x130) out.push_back(0x307);
  }
  return out;
}

void append_utf8(std::string& text, char32_t c) {
  utf8proc_uint8_t bytes[4];
  const auto count = utf8proc_encode_char(static_cast<utf8proc_int32_t>(c), bytes);
  text.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(count));
}

}  // namespace darkroom::prompt
