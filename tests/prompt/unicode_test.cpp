#include "prompt/unicode.h"

#include <gtest/gtest.h>

namespace darkroom::prompt {
namespace {

TEST(Unicode, Categories) {
  for (const char32_t c : std::u32string_view(U"aZéßǅʰ日עα")) {
    EXPECT_TRUE(is_letter(c) && !is_number(c) && !is_blank(c)) << static_cast<unsigned>(c);
  }
  for (const char32_t c : std::u32string_view(U"09²¼Ⅳ①٣")) {
    EXPECT_TRUE(is_number(c) && !is_letter(c)) << static_cast<unsigned>(c);
  }
  for (const char32_t c : std::u32string_view(U" \t\n\u0085\u00a0\u2003\u3000")) {
    EXPECT_TRUE(is_blank(c)) << static_cast<unsigned>(c);
  }
  for (const char32_t c : std::u32string_view(U"\u0301\u200b\ufeff\u001c,😀\ufffd")) {
    EXPECT_FALSE(is_letter(c) || is_number(c) || is_blank(c)) << static_cast<unsigned>(c);
  }
}

TEST(Unicode, DigitValues) {
  EXPECT_EQ(digit_value('0'), 0);
  EXPECT_EQ(digit_value('9'), 9);
  EXPECT_EQ(digit_value(0x0667), 7);   // Arabic-Indic
  EXPECT_EQ(digit_value(0x1D7D8), 0);  // mathematical double-struck, behind the bold ones
  EXPECT_EQ(digit_value(0x1D7FF), 9);
  EXPECT_EQ(digit_value(0x00B2), -1);  // superscript two
  EXPECT_EQ(digit_value('a'), -1);
}

TEST(Unicode, CodePointsReplaceWhatIsNotUtf8) {
  EXPECT_EQ(code_points("aé\xff日\xe6\x97"), U"aé\ufffd日\ufffd\ufffd");
  EXPECT_EQ(code_points(""), U"");
}

TEST(Unicode, FoldsToComposedLowerCase) {
  EXPECT_EQ(folded(U"ABC É"), U"abc é");
  EXPECT_EQ(folded(U"CAFE\u0301"), U"café");
  EXPECT_EQ(folded(U"q\u0307\u0323"), U"q\u0323\u0307");  // canonical order
  EXPECT_EQ(folded(U"\u212b\u0958"), U"å\u0915\u093c");   // a singleton and a composition exclusion
  EXPECT_EQ(folded(U"\u1100\u1161\u11a8"), U"\uac01");    // Hangul
  EXPECT_EQ(folded(U"İΣ"), U"i\u0307σ");
}

TEST(Unicode, FoldsLongRunsOfMarks) {
  std::u32string text = U"a";
  for (int i = 0; i < 500'000; ++i) text += U"\u0301\u0323";  // classes 230 and 220: each pair is out of order
  const auto out = folded(text);
  EXPECT_EQ(out.size(), 1 + 1'000'000 - 1);  // one mark went into the letter; no sign has two
  EXPECT_EQ(out.substr(0, 2), U"\u1ea1\u0323");
  EXPECT_EQ(out.back(), U'\u0301');
}

TEST(Unicode, AppendsUtf8) {
  std::string text = "a";
  append_utf8(text, 0x65E5);
  append_utf8(text, 0x1F600);
  EXPECT_EQ(text, "a日😀");
}

}  // namespace
}  // namespace darkroom::prompt
