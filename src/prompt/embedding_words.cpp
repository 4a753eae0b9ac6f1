#include "prompt/embedding_words.h"

#include <algorithm>

namespace darkroom::prompt {

void EmbeddingWords::add(int embedding, std::vector<int> ids) {
  if (ids.empty()) return;
  std::vector<Word>& words = words_[ids.front()];
  words.push_back({embedding, std::move(ids)});
  std::stable_sort(words.begin(), words.end(),
                   [](const Word& a, const Word& b) { return a.ids.size() > b.ids.size(); });
}

std::vector<EmbeddingMatch> EmbeddingWords::at(std::span<const int> ids, size_t position) const {
  std::vector<EmbeddingMatch> found;
  const auto words = words_.find(ids[position]);
  if (words == words_.end()) return found;
  const auto rest = ids.subspan(position);
  for (const Word& word : words->second)
    if (word.ids.size() <= rest.size() && std::equal(word.ids.begin(), word.ids.end(), rest.begin()))
      found.push_back({.embedding = word.embedding, .tokens = int(word.ids.size())});
  return found;
}

}  // namespace darkroom::prompt
