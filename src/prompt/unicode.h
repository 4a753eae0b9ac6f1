// Unicode as the prompt language and CLIP's tokenizer see it. Tables: utf8proc.
#pragma once

#include <string>
#include <string_view>

namespace darkroom::prompt {

bool is_letter(char32_t c);  ///< general category L*
bool is_number(char32_t c);  ///< general category N*
bool is_blank(char32_t c);   ///< property White_Space

/// 0 to 9 for a decimal digit of any script (category Nd), -1 for everything else.
int digit_value(char32_t c);

/// The code points of UTF-8 `text`; each byte that is not part of valid UTF-8 becomes U+FFFD.
std::u32string code_points(std::string_view text);

/// Normalization form C, then each code point in lower case by itself (so no final sigma). Time grows with n·log n.
std::u32string folded(std::u32string text);

void append_utf8(std::string& text, char32_t c);

}  // namespace darkroom::prompt
