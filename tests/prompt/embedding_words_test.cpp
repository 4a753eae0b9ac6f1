#include "prompt/embedding_words.h"

#include <gtest/gtest.h>

namespace darkroom::prompt {
namespace {

std::vector<int> found(const EmbeddingWords& words, const std::vector<int>& ids, size_t position) {
  std::vector<int> numbers;
  for (const EmbeddingMatch& match : words.at(ids, position)) numbers.push_back(match.embedding);
  return numbers;
}

TEST(EmbeddingWords, LongestFirst) {
  EmbeddingWords words;
  words.add(0, {5});
  words.add(1, {5, 6, 7});
  words.add(2, {5, 6});
  words.add(3, {5});
  words.add(4, {});
  EXPECT_EQ(found(words, {1, 5, 6, 7}, 1), (std::vector<int>{1, 2, 0, 3}));
  EXPECT_EQ(found(words, {1, 5, 6, 8}, 1), (std::vector<int>{2, 0, 3}));
  EXPECT_EQ(found(words, {1, 5}, 1), (std::vector<int>{0, 3}));
  EXPECT_EQ(found(words, {1, 5}, 0), (std::vector<int>{}));
  EXPECT_EQ(words.at(std::vector<int>{5, 6, 7}, 0).front().tokens, 3);
}

}  // namespace
}  // namespace darkroom::prompt
