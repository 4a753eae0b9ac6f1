#include "formats/utf8.h"

#include <fmt/format.h>

namespace darkroom::formats {
namespace {

void append_utf8(std::string& out, char32_t c) {
  if (c < 0x80) {
    out += char(c);
  } else if (c < 0x800) {
    out += {char(0xC0 | c >> 6), char(0x80 | (c & 0x3F))};
  } else {
    out += {char(0xE0 | c >> 12), char(0x80 | (c >> 6 & 0x3F)), char(0x80 | (c & 0x3F))};
  }
}

}  // namespace

std::optional<CodePoint> first_code_point(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return CodePoint{lead, 1};
  const size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes) return std::nullopt;
  char32_t value = lead & (0x7F >> bytes);
  for (size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return std::nullopt;
    value = value << 6 | (byte(i) & 0x3F);
  }
  constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (value < kSmallest[bytes] || value > 0x10FFFF || surrogate) return std::nullopt;
  return CodePoint{value, bytes};
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto point = first_code_point(text);
    if (!point) return false;
    text.remove_prefix(point->bytes);
  }
  return true;
}

std::string as_valid_utf8(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto point = first_code_point(text);
    if (point)
      out += text.substr(0, point->bytes);
    else
      append_utf8(out, 0xFFFD);
    text.remove_prefix(point ? point->bytes : 1);
  }
  return out;
}

std::string latin1_to_utf8(std::string_view latin1) {
  std::string out;
  for (char c : latin1) append_utf8(out, static_cast<unsigned char>(c));
  return out;
}

std::optional<std::string> utf8_to_latin1(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto point = first_code_point(text);
    if (!point || point->value > 0xFF) return std::nullopt;
    out += char(point->value);
    text.remove_prefix(point->bytes);
  }
  return out;
}

std::string in_quotes(std::string_view untrusted) {
  constexpr size_t kLongest = 100;
  std::string out = "\"";
  std::string_view rest = untrusted.substr(0, kLongest);
  while (!rest.empty()) {
    const auto point = first_code_point(rest);
    const bool plain = point && point->value >= 0x20 && !(point->value >= 0x7F && point->value < 0xA0);
    const size_t bytes = plain ? point->bytes : 1;
    if (plain)
      out += rest.substr(0, bytes);
    else
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(rest[0]));
    rest.remove_prefix(bytes);
  }
  return out + (untrusted.size() > kLongest ? "...\"" : "\"");
}

}  // namespace darkroom::formats
