// Words that stand for vectors a text encoder was taught (textual inversion), found among the tokens of a prompt.
// Source of truth: AUTOMATIC1111 modules/textual_inversion/textual_inversion.py, find_embedding_at_position.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <vector>

namespace darkroom::prompt {

struct EmbeddingMatch {
  int embedding = 0;  ///< its number
  int tokens = 0;     ///< of the prompt, which it takes the place of
  int vectors = 0;    ///< positions it takes
  bool operator==(const EmbeddingMatch&) const = default;
};

/// What stands at `position` of the tokens of a piece of a prompt.
using EmbeddingFinder = std::function<std::optional<EmbeddingMatch>(std::span<const int> ids, size_t position)>;

/// The words, as tokens. Knows nothing of the vectors.
class EmbeddingWords {
 public:
  /// A word without tokens is never found. Of two with the same tokens the first counts.
  void add(int embedding, std::vector<int> ids);

  /// The numbers of the words that begin at `position`, longest first.
  std::vector<EmbeddingMatch> at(std::span<const int> ids, size_t position) const;

 private:
  struct Word {
    int embedding;
    std::vector<int> ids;
  };
  std::map<int, std::vector<Word>> words_;  ///< by first token, longest first
};

}  // namespace darkroom::prompt
