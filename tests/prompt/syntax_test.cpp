#include "prompt/syntax.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "prompt/golden.h"

namespace darkroom::prompt {
namespace {

using Pieces = std::vector<WeightedText>;

std::string repeated(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

TEST(Attention, EqualsReferenceOnGoldenPrompts) {
  const auto cases = golden("prompts.json").at("attention");
  ASSERT_GT(cases.size(), 10u);
  for (const auto& example : cases) {
    Pieces expected;
    for (const auto& piece : example.at("out")) expected.push_back({piece[0], piece[1]});
    EXPECT_EQ(parse_attention(example.at("text").get<std::string>()), expected) << example;
  }
}

TEST(Attention, EmptyBracketsGiveOneEmptyPiece) {
  EXPECT_EQ(parse_attention("()[]"), (Pieces{{"", 1}}));
}

TEST(Attention, BreakTakesTheBlanksAroundItAndNeedsToBeAWord) {
  EXPECT_EQ(parse_attention("BREAK"), (Pieces{{"", 1}, {"BREAK", -1}, {"", 1}}));
  EXPECT_EQ(parse_attention("a \t\u3000BREAK\n BREAK b"),
            (Pieces{{"a", 1}, {"BREAK", -1}, {"", 1}, {"BREAK", -1}, {"b", 1}}));
  for (const char* word : {"BREAKS", "xBREAK", "BREAK_", "éBREAK", "BREAK9", "break"}) {
    EXPECT_EQ(parse_attention(word), (Pieces{{word, 1}})) << word;
  }
  // A combining mark is not part of a word in Python's regular expressions.
  EXPECT_EQ(parse_attention("e\u0301BREAK"), (Pieces{{"e\u0301", 1}, {"BREAK", -1}, {"", 1}}));
}

TEST(Attention, BreakInBracketsIsNoBreak) {
  const auto pieces = parse_attention("(a BREAK b:1.2)");
  EXPECT_FALSE(is_break(pieces.at(1)));
  EXPECT_TRUE(is_break(parse_attention("a BREAK b").at(1)));
}

TEST(Attention, BreakMergesWithNeighboursOfWeightMinusOne) {
  EXPECT_EQ(parse_attention("(x:-1)(y BREAK:1)"), (Pieces{{"x", -1}, {"y", 1}, {"BREAK", -1}, {"", 1}}));
  EXPECT_EQ(parse_attention("BREAK(x:-1)"), (Pieces{{"", 1}, {"BREAK", -1}, {"", 1}, {"x", -1}}));
}

TEST(Attention, BackslashesEscapeOrDisappear) {
  EXPECT_EQ(parse_attention(R"(\(a\) \[b\] \\ \c \:x\)"), (Pieces{{R"((a) [b] \ c :x)", 1}}));
  EXPECT_EQ(parse_attention(R"((a\):1.5))"), (Pieces{{"a)", 1.5}}));
}

TEST(Attention, NumbersOfWeights) {
  EXPECT_EQ(parse_attention("(x:.5)"), (Pieces{{"x", 0.5}}));
  EXPECT_EQ(parse_attention("(x:1.)"), (Pieces{{"x", 1}}));
  EXPECT_EQ(parse_attention("(x:+2)"), (Pieces{{"x", 2}}));
  EXPECT_EQ(parse_attention("(x:\u00a0-1.5\n)"), (Pieces{{"x", -1.5}}));
  EXPECT_EQ(parse_attention("(x:\uff11.\u0662)"), (Pieces{{"x", 1.2}}));  // full-width 1, Arabic 2
  EXPECT_EQ(parse_attention("(x:" + std::string(400, '9') + ")").at(0).weight, HUGE_VAL);
  EXPECT_EQ(parse_attention("(x:0." + std::string(400, '0') + "1)").at(0).weight, 0);
  EXPECT_EQ(parse_attention("(x:- 1)"), (Pieces{{"x:- 1", 1.1}}));
}

TEST(Attention, WeightWithoutOpenBracketIsText) {
  EXPECT_EQ(parse_attention("a:1.2) b: 1.2.3 ) [c:2)]"), (Pieces{{"a:1.2) b: 1.2.3 ) ", 1}, {"c:2)", 1 / 1.1}}));
}

TEST(Attention, RefusesWeightsThatAreNoNumber) {
  for (const char* text : {"(x:1.2.3)", "(x:.)", "(x:-..)", "((x):1..)"}) {
    try {
      parse_attention(text);
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::invalid_request);
      EXPECT_NE(std::string(error.what()).find("weights"), std::string::npos) << error.what();
    }
  }
}

TEST(Attention, BracketsOfTwoKindsMayCross) {
  EXPECT_EQ(parse_attention("(a [b) c]d"), (Pieces{{"a ", 1.1}, {"b", 1.1 * (1 / 1.1)}, {" c", 1 / 1.1}, {"d", 1}}));
}

TEST(Attention, BytesThatAreNotUtf8PassThrough) {
  EXPECT_EQ(parse_attention("(\xff\xc3:1.5)\x80"), (Pieces{{"\xff\xc3", 1.5}, {"\x80", 1}}));
  EXPECT_EQ(parse_attention("\xe3\x80 BREAK\xff"), (Pieces{{"\xe3\x80", 1}, {"BREAK", -1}, {"\xff", 1}}));
}

// These take seconds or overflow the stack if an algorithm recurses or is quadratic.
TEST(Attention, DeepNestingAndLongText) {
  constexpr int kDepth = 100'000;
  EXPECT_EQ(parse_attention(repeated("(", kDepth) + "x"), (Pieces{{"x", HUGE_VAL}}));
  EXPECT_EQ(parse_attention(repeated("(", kDepth)), (Pieces{{"", 1}}));
  EXPECT_EQ(parse_attention(repeated("[", kDepth) + "x" + repeated("]", kDepth)).size(), 1u);
  EXPECT_EQ(parse_attention(repeated("(", kDepth) + repeated("[a", kDepth) + repeated(")", kDepth)).size(), 1u);
  // One run for each finite power of 1.1 and one for infinity.
  EXPECT_EQ(parse_attention(repeated("(a", kDepth)).size(), 7447u + 1);
  EXPECT_EQ(parse_attention(repeated("(", 20'000) + "a" + repeated(")b", 20'000)).size(), 1 + 7447u + 1);
  EXPECT_EQ(parse_attention(repeated("(x:1.2),", kDepth)).size(), 2u * kDepth);
  EXPECT_EQ(parse_attention(repeated(":  1", kDepth)).size(), 1u);
  EXPECT_EQ(parse_attention(repeated(" ", kDepth) + "BREAK").size(), 3u);
  EXPECT_EQ(parse_attention(repeated("word ", kDepth)).size(), 1u);
}

}  // namespace
}  // namespace darkroom::prompt
