#include "server/base64.h"

#include <array>
#include <cstdint>

#include "base/error.h"

namespace darkroom::server {
namespace {

constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<int8_t, 256> values() {
  std::array<int8_t, 256> all{};
  for (int8_t& value : all) value = -1;
  for (size_t i = 0; i < kDigits.size(); ++i) all[uint8_t(kDigits[i])] = int8_t(i);
  all[uint8_t('-')] = 62, all[uint8_t('_')] = 63;  // as in addresses
  return all;
}

}  // namespace

std::string base64(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t count = std::min<size_t>(3, bytes.size() - i);
    uint32_t bits = 0;
    for (size_t k = 0; k < 3; ++k) bits = bits << 8 | (k < count ? uint8_t(bytes[i + k]) : 0);
    for (size_t k = 0; k < 4; ++k) text += k <= count ? kDigits[bits >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

std::string bytes_of_base64(std::string_view text) {
  static constexpr std::array<int8_t, 256> kValues = values();
  if (text.starts_with("data:")) {
    const size_t comma = text.find(',');
    require(comma != std::string_view::npos && text.substr(0, comma).ends_with(";base64"), ErrorKind::invalid_request,
            "read a data: address: it must say ;base64 before its comma");
    text.remove_prefix(comma + 1);
  }
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  uint32_t bits = 0;
  int held = 0;
  size_t digits = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == ' ' || c == '\n' || c == '\r' || c == '\t') continue;
    if (c == '=') break;
    const int8_t value = kValues[uint8_t(c)];
    require(value >= 0, ErrorKind::invalid_request, "read base64: byte {} is none of its 64 characters", i);
    bits = bits << 6 | uint32_t(value), held += 6, ++digits;
    if (held >= 8) bytes += char(bits >> (held -= 8) & 255);
  }
  require(digits % 4 != 1, ErrorKind::invalid_request, "read base64: it ends in the middle of a byte; cut off?");
  return bytes;
}

}  // namespace darkroom::server
