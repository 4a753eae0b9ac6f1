// UTF-8, Latin-1 and text of untrusted files in messages.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace darkroom::formats {

/// One code point at the front of `text`, and how many bytes it takes; nothing if they are not UTF-8 (RFC 3629: no
/// overlong forms, no surrogates, nothing above U+10FFFF) or `text` is empty.
struct CodePoint {
  char32_t value = 0;
  size_t bytes = 0;
};
std::optional<CodePoint> first_code_point(std::string_view text);

bool is_utf8(std::string_view text);

/// `text` with each byte that is not part of UTF-8 replaced by U+FFFD.
std::string as_valid_utf8(std::string_view text);

std::string latin1_to_utf8(std::string_view latin1);

/// Nothing if a character has no Latin-1 form (or `text` is not UTF-8).
std::optional<std::string> utf8_to_latin1(std::string_view text);

/// For error messages: in quotes, control characters and invalid bytes escaped, cut after 100 bytes.
std::string in_quotes(std::string_view untrusted);

}  // namespace darkroom::formats
