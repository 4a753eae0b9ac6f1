#include "formats/utf8.h"

#include <gtest/gtest.h>

namespace darkroom::formats {
namespace {

TEST(Utf8, KnowsWhatIsValid) {
  for (const char* valid : {"", "apple", "caf\xc3\xa9", "苹果", "🍎", "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf"})
    EXPECT_TRUE(is_utf8(valid)) << valid;
  // A lone continuation, overlong forms, a surrogate, beyond U+10FFFF, cut short.
  for (const char* invalid :
       {"\x80", "\xc0\xaf", "\xc1\xbf", "\xe0\x80\xaf", "\xf0\x80\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80", "\xff", "\xc3", "\xe2\x82", "\xf0\x9f\x8d", "\xc3("})
    EXPECT_FALSE(is_utf8(invalid)) << invalid;
}

TEST(Utf8, DecodesCodePoints) {
  EXPECT_EQ(first_code_point("🍎")->value, char32_t(0x1F34E));
  EXPECT_EQ(first_code_point("🍎")->bytes, 4u);
  EXPECT_EQ(first_code_point("é")->value, char32_t(0xE9));
  EXPECT_EQ(first_code_point("果x")->value, char32_t(0x679C));
  EXPECT_FALSE(first_code_point(""));
}

TEST(Utf8, ReplacesWhatIsInvalid) {
  EXPECT_EQ(as_valid_utf8("a\xff\xfe"
                          "b"),
            "a\xef\xbf\xbd\xef\xbf\xbd"
            "b");
  EXPECT_EQ(as_valid_utf8("🍎\xf0\x9f"), "🍎\xef\xbf\xbd\xef\xbf\xbd");
  EXPECT_EQ(as_valid_utf8("grün"), "grün");
}

TEST(Latin1, BothWays) {
  EXPECT_EQ(latin1_to_utf8("caf\xe9"), "café");
  EXPECT_EQ(utf8_to_latin1("café"), "caf\xe9");
  EXPECT_EQ(utf8_to_latin1("苹果"), std::nullopt);
  EXPECT_EQ(utf8_to_latin1("\xff"), std::nullopt);
}

TEST(InQuotes, IsSafeToPrint) {
  EXPECT_EQ(in_quotes("model.weight"), "\"model.weight\"");
  EXPECT_EQ(in_quotes("\x1b[31m\n\xff\x7f\xc2\x80é"), "\"\\x1b[31m\\x0a\\xff\\x7f\\xc2\\x80é\"");
  EXPECT_EQ(in_quotes(std::string(1000, 'x')), "\"" + std::string(100, 'x') + "...\"");
}

}  // namespace
}  // namespace darkroom::formats
