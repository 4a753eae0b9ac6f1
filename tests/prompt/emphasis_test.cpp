#include "prompt/emphasis.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace darkroom::prompt {
namespace {

TEST(Emphasis, NamesInAnyCase) {
  EXPECT_EQ(int(emphasis_named("Original")), int(Emphasis::original));
  EXPECT_EQ(int(emphasis_named("no NORM")), int(Emphasis::no_norm));
  EXPECT_EQ(int(emphasis_named("ignore")), int(Emphasis::ignore));
  EXPECT_EQ(int(emphasis_named("None")), int(Emphasis::none));
  EXPECT_THROW(emphasis_named("loud"), Error);
  EXPECT_THROW(emphasis_named(""), Error);
}

TEST(Emphasis, FourReadingsOfOneText) {
  const std::string text = "a (red:1.5) apple BREAK [b] \\(c\\)";
  using Pieces = std::vector<WeightedText>;
  EXPECT_EQ(weighted_pieces(text, Emphasis::original), parse_attention(text));
  EXPECT_EQ(weighted_pieces(text, Emphasis::no_norm), parse_attention(text));
  EXPECT_EQ(weighted_pieces(text, Emphasis::none), (Pieces{{text, 1}}));
  Pieces ignored = parse_attention(text);
  for (WeightedText& piece : ignored) piece.weight = piece.text == "BREAK" ? -1 : 1;
  EXPECT_EQ(weighted_pieces(text, Emphasis::ignore), ignored);
  EXPECT_EQ(ignored[1].text, "red");
  EXPECT_THROW(weighted_pieces("(a:1.2.3)", Emphasis::ignore), Error);
  EXPECT_NO_THROW(weighted_pieces("(a:1.2.3)", Emphasis::none));
}

}  // namespace
}  // namespace darkroom::prompt
