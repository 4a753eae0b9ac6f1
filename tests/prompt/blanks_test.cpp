#include "prompt/blanks.h"

#include <gtest/gtest.h>

namespace darkroom::prompt {
namespace {

TEST(Blanks, AreThoseOfPython) {
  EXPECT_EQ(without_blanks_around(" \t\n\r\f\v\x1c\x1f a b \xc2\xa0\xe3\x80\x80\xc2\x85"), "a b");
  EXPECT_EQ(without_blanks_around("\xe2\x80\x8b"), "\xe2\x80\x8b");  // a zero-width space is none
  EXPECT_EQ(without_blanks_around("  "), "");
  EXPECT_EQ(without_blanks_in_front(" a "), "a ");
  EXPECT_EQ(without_blanks_behind(" a "), " a");
  EXPECT_EQ(without_blanks_around("\xff \xff"), "\xff \xff");
}

TEST(Blanks, LastCodePoint) {
  EXPECT_EQ(last_code_point("a\xf0\x9f\x8d\x8e")->value, 0x1F34Eu);
  EXPECT_FALSE(last_code_point("").has_value());
  EXPECT_FALSE(last_code_point("a\xff").has_value());
}

}  // namespace
}  // namespace darkroom::prompt
