#include "prompt/chunks.h"

#include <gtest/gtest.h>

#include <limits>
#include <sstream>

#include "base/error.h"
#include "prompt/golden.h"

namespace darkroom::prompt {
namespace {

constexpr int kComma = 7, kStart = 900, kEnd = 901;

/// The toy tokenizer of the golden values: numbers are ids, a comma is 7.
ChunkTokens toy(int pad = kEnd) {
  const auto encode = [](std::string_view text) {
    std::vector<int> ids;
    std::istringstream words{std::string(text)};
    for (std::string word; words >> word;) ids.push_back(word == "," ? kComma : std::stoi(word));
    return ids;
  };
  // The word 500 stands for six vectors.
  const auto embedding_at = [](std::span<const int> ids, size_t at) {
    return ids[at] == 500 ? std::optional(EmbeddingMatch{.embedding = 0, .tokens = 1, .vectors = 6}) : std::nullopt;
  };
  return {encode, kStart, kEnd, pad, kComma, embedding_at};
}

std::string numbers(int first, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += std::to_string(first + i) + " ";
  return text;
}

std::vector<Chunk> chunks_of(const std::string& text, const ChunkOptions& options = {}, int pad = kEnd) {
  return chunk_tokens(parse_attention(text), toy(pad), options);
}

/// The tokens of a chunk without start, end and padding.
std::vector<int> content(const Chunk& chunk) {
  return {chunk.ids.begin() + 1, std::find(chunk.ids.begin(), chunk.ids.end(), kEnd)};
}

TEST(Chunks, EqualReferenceOnGoldenPrompts) {
  int compared = 0;
  const auto cases = golden("prompts.json").at("chunks");
  for (const auto& example : cases) {
    std::vector<Chunk> expected;
    for (const auto& chunk : example.at("chunks")) {
      expected.push_back({chunk.at("tokens"), chunk.at("multipliers")});
      for (const int offset : chunk.at("fixes")) expected.back().fixes.push_back({offset, 0, 6});
    }
    EXPECT_EQ(chunks_of(example.at("text")), expected) << example.at("text");
    ++compared;
  }
  EXPECT_EQ(compared, int(cases.size()));
}

TEST(Chunks, EmbeddingsStayWhole) {
  const auto chunks = chunks_of(numbers(100, 70) + "500 1");
  ASSERT_EQ(chunks.size(), 2u);
  EXPECT_TRUE(chunks[0].fixes.empty());
  EXPECT_EQ(chunks[1].fixes, (std::vector<ChunkFix>{{0, 0, 6}}));
  EXPECT_EQ(content(chunks[1]), (std::vector<int>{0, 0, 0, 0, 0, 0, 1}));
  const auto fits = chunks_of(numbers(100, 69) + "500 1");
  ASSERT_EQ(fits.size(), 2u);
  EXPECT_EQ(fits[0].fixes, (std::vector<ChunkFix>{{69, 0, 6}}));
  const auto weighted = chunks_of("1 (500:1.5)");
  EXPECT_EQ(weighted[0].weights[2], 1.5f);
  EXPECT_EQ(weighted[0].weights[7], 1.5f);
  EXPECT_EQ(weighted[0].weights[8], 1.0f);
}

TEST(Chunks, EmptyPromptIsOneEmptyChunk) {
  const auto chunks = chunks_of("");
  ASSERT_EQ(chunks.size(), 1u);
  EXPECT_EQ(chunks[0].ids.size(), 77u);
  EXPECT_EQ(chunks[0].weights, std::vector<float>(77, 1.0f));
  EXPECT_EQ(chunk_tokens({}, toy()), chunks);
}

TEST(Chunks, BreaksEndChunksButTheLastAddsNone) {
  EXPECT_EQ(chunks_of("1 BREAK 2").size(), 2u);
  EXPECT_EQ(chunks_of("1 BREAK BREAK 2").size(), 3u);
  EXPECT_EQ(chunks_of("1 BREAK").size(), 1u);
  EXPECT_EQ(content(chunks_of("1 BREAK BREAK 2")[1]), std::vector<int>{});
}

TEST(Chunks, CommaWithinTwentyOfTheEndMovesWhatFollows) {
  // A comma at position 55 is 20 from the end, one at 54 is 21.
  EXPECT_EQ(content(chunks_of(numbers(100, 55) + ", " + numbers(200, 30))[0]).size(), 56u);
  EXPECT_EQ(content(chunks_of(numbers(100, 54) + ", " + numbers(200, 30))[0]).size(), 75u);
  EXPECT_EQ(content(chunks_of(numbers(100, 55) + ", " + numbers(200, 30), {75, 0})[0]).size(), 75u);
  EXPECT_EQ(content(chunks_of(numbers(100, 54) + ", " + numbers(200, 30), {75, 21})[0]).size(), 55u);
}

TEST(Chunks, CommaAtAFullChunkOpensTheNextAndIsForgotten) {
  const auto chunks = chunks_of(numbers(100, 75) + ", " + numbers(200, 80), {75, 75});
  ASSERT_EQ(chunks.size(), 3u);
  EXPECT_EQ(content(chunks[0]).size(), 75u);
  EXPECT_EQ(content(chunks[1]).size(), 75u);
  EXPECT_EQ(content(chunks[1])[0], kComma);
}

TEST(Chunks, MovedTokensKeepTheirWeights) {
  const auto chunks = chunks_of(numbers(100, 70) + ", (" + numbers(200, 6) + ":1.5)");
  ASSERT_EQ(chunks.size(), 2u);
  EXPECT_EQ(chunks[0].weights, std::vector<float>(77, 1.0f));
  for (int i = 1; i <= 6; ++i) EXPECT_EQ(chunks[1].weights[i], 1.5f);
  EXPECT_EQ(chunks[1].weights[7], 1.0f);
}

TEST(Chunks, PadFollowsTheFirstEnd) {
  const auto ids = chunks_of("1 2 901 3", {6, 20}, 0).at(0).ids;
  EXPECT_EQ(ids, (std::vector<int>{kStart, 1, 2, kEnd, 0, 0, 0, 0}));
  EXPECT_EQ(chunks_of("1 2 3", {3, 20}, 0).at(0).ids, (std::vector<int>{kStart, 1, 2, 3, kEnd}));
}

TEST(Chunks, WithoutCommaTokenChunksEndAnywhere) {
  auto tokens = toy();
  tokens.comma.reset();
  EXPECT_EQ(content(chunk_tokens(parse_attention(numbers(100, 70) + ", " + numbers(200, 10)), tokens)[0]).size(), 75u);
}

TEST(Chunks, RefuseOptionsAndWeightsOutOfRange) {
  EXPECT_THROW(chunks_of("1", {0, 20}), Error);
  EXPECT_THROW(chunks_of("1", {75, -1}), Error);
  for (const double weight : {1e39, -1e39, std::numeric_limits<double>::infinity(), std::nan("")}) {
    EXPECT_THROW(chunk_tokens({{"1", weight}}, toy()), Error) << weight;
  }
}

TEST(Chunks, OfClipAndOpenClip) {
  const auto pieces = parse_attention("a (cat:1.5), BREAK");
  const auto clip = chunk_tokens(pieces, Tokenizer::clip());
  ASSERT_EQ(clip.size(), 1u);
  EXPECT_EQ(std::vector<int>(clip[0].ids.begin(), clip[0].ids.begin() + 6),
            (std::vector<int>{49406, 320, 2368, 267, 49407, 49407}));
  EXPECT_EQ(clip[0].weights[2], 1.5f);
  const auto open_clip = chunk_tokens(pieces, Tokenizer::open_clip());
  EXPECT_EQ(std::vector<int>(open_clip[0].ids.begin(), open_clip[0].ids.begin() + 6),
            (std::vector<int>{49406, 320, 2368, 267, 49407, 0}));
}

TEST(Chunks, TenThousandWords) {
  std::string text;
  for (int i = 0; i < 10'000; ++i) text += i % 7 ? "word " : "(word:1.1), ";
  const auto chunks = chunk_tokens(parse_attention(text), Tokenizer::clip());
  size_t words = 0;
  for (const auto& chunk : chunks) {
    ASSERT_EQ(chunk.ids.size(), 77u);
    words += static_cast<size_t>(std::count(chunk.ids.begin(), chunk.ids.end(), Tokenizer::clip().encode("word")[0]));
  }
  EXPECT_EQ(words, 10'000u);
}

}  // namespace
}  // namespace darkroom::prompt
