#include "prompt/tokenizer.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "prompt/golden.h"

namespace darkroom::prompt {
namespace {

using Ids = std::vector<int>;

TEST(Tokenizer, EqualsTransformersOnGoldenTexts) {
  const auto cases = golden("tokens.json").at("cases");
  ASSERT_GT(cases.size(), 60u);
  for (const auto& example : cases) {
    EXPECT_EQ(Tokenizer::clip().encode(example.at("text").get<std::string>()), example.at("ids").get<Ids>())
        << example.at("text");
  }
}

TEST(Tokenizer, SpecialIdsOfClip) {
  const auto& clip = Tokenizer::clip();
  EXPECT_EQ(clip.size(), 49408);
  EXPECT_EQ(clip.bos(), 49406);
  EXPECT_EQ(clip.eos(), 49407);
  EXPECT_EQ(clip.pad(), 49407);
  EXPECT_EQ(clip.token_id(",</w>"), 267);
  EXPECT_EQ(clip.token_id("no such token"), std::nullopt);
}

TEST(Tokenizer, OpenClipDiffersInItsPaddingOnly) {
  EXPECT_EQ(Tokenizer::open_clip().pad(), 0);
  EXPECT_EQ(Tokenizer::open_clip().eos(), 49407);
  EXPECT_EQ(Tokenizer::open_clip().encode("wow!"), Tokenizer::clip().encode("wow!"));
}

TEST(Tokenizer, BytesThatAreNotUtf8CountAsReplacementCharacters) {
  const auto& clip = Tokenizer::clip();
  EXPECT_EQ(clip.encode("a\xff\xfe z"), clip.encode("a\ufffd\ufffd z"));
  EXPECT_EQ(clip.encode("\xed\xa0\x80"), clip.encode("\ufffd\ufffd\ufffd"));  // a surrogate
}

TEST(Tokenizer, DecodesWhatItEncoded) {
  const auto& clip = Tokenizer::clip();
  EXPECT_EQ(clip.decode(clip.encode("A café , 日本 😀 12")), "a café , 日本 😀 1 2");
  EXPECT_EQ(clip.decode(Ids{49406, 320, 2368, 49407, 49407}), "a cat");
  EXPECT_EQ(clip.decode(Ids{}), "");
  EXPECT_EQ(clip.decode(Ids{clip.token_id("æĹ").value()}), "\ufffd\ufffd");  // half a character
}

TEST(Tokenizer, DecodeRefusesUnknownIds) {
  EXPECT_THROW(Tokenizer::clip().decode(Ids{-1}), Error);
  EXPECT_THROW(Tokenizer::clip().decode(Ids{49408}), Error);
}

TEST(Tokenizer, OneWordOfAMegabyte) {
  const Ids ids = Tokenizer::clip().encode(std::string(1'000'000, 'a'));
  const Ids thousand = Tokenizer::clip().encode(std::string(1'000, 'a'));
  EXPECT_EQ(ids.size(), 1'000 * (thousand.size() - 1) + 1);  // the tokens of all a's but the last, and that one
  EXPECT_EQ(Tokenizer::clip().decode(ids), std::string(1'000'000, 'a'));
}

TEST(Tokenizer, ManySpecialTokens) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "<|endoftext|>";
  EXPECT_EQ(Tokenizer::clip().encode(text), Ids(100'000, 49407));
}

}  // namespace
}  // namespace darkroom::prompt
