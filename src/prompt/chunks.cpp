#include "prompt/chunks.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "formats/utf8.h"

namespace darkroom::prompt {
namespace {

class ChunkBuilder {
 public:
  ChunkBuilder(const ChunkTokens& tokens, const ChunkOptions& options)
      : tokens_(tokens),
        length_(static_cast<size_t>(options.length)),
        backtrack_(static_cast<size_t>(options.comma_padding_backtrack)) {}

  void add(int id, float weight) {
    prepare_for(id);
    open_.ids.push_back(id);
    open_.weights.push_back(weight);
  }

  /// `id`: the token where the match begins.
  void add_embedding(int id, const EmbeddingMatch& match, float weight) {
    prepare_for(id);
    const auto vectors = static_cast<size_t>(match.vectors);
    if (open_.ids.size() + vectors > length_) close();
    open_.fixes.push_back({int(open_.ids.size()), match.embedding, match.vectors});
    open_.ids.insert(open_.ids.end(), vectors, 0);
    open_.weights.insert(open_.weights.end(), vectors, weight);
  }

  /// Room for at least one token.
  void prepare_for(int id) {
    if (id == tokens_.comma) {
      last_comma_ = open_.ids.size();
    } else if (is_full() && last_comma_ && open_.ids.size() - *last_comma_ <= backtrack_) {
      close_after_comma();
    }
    // A comma that finds the chunk full opens the next one and closing forgets it: it does not end a chunk later.
    if (is_full()) close();
  }

  void close() {
    open_.ids.resize(length_, tokens_.end);
    open_.weights.resize(length_, 1.0f);
    open_.ids.insert(open_.ids.begin(), tokens_.start);
    open_.weights.insert(open_.weights.begin(), 1.0f);
    open_.ids.push_back(tokens_.end);
    open_.weights.push_back(1.0f);
    // Weights stay as they are, also where an end token written in the prompt turns tokens into padding.
    const auto end = std::find(open_.ids.begin(), open_.ids.end(), tokens_.end);
    if (tokens_.pad != tokens_.end) std::fill(end + 1, open_.ids.end(), tokens_.pad);
    closed_.push_back(std::move(open_));
    open_ = {};
    last_comma_.reset();
  }

  std::vector<Chunk> finish() {
    if (!open_.ids.empty() || closed_.empty()) close();
    return std::move(closed_);
  }

 private:
  bool is_full() const { return open_.ids.size() == length_; }

  /// Parity: embeddings behind the comma stay in the old chunk, in its padding, and leave their zeros to the new one.
  void close_after_comma() {
    const auto position = static_cast<std::ptrdiff_t>(*last_comma_ + 1);
    const Chunk moved{{open_.ids.begin() + position, open_.ids.end()},
                      {open_.weights.begin() + position, open_.weights.end()}};
    open_.ids.resize(static_cast<size_t>(position));
    open_.weights.resize(static_cast<size_t>(position));
    close();
    open_ = moved;
  }

  const ChunkTokens& tokens_;
  size_t length_, backtrack_;
  std::vector<Chunk> closed_;
  Chunk open_;                        // without start and end
  std::optional<size_t> last_comma_;  // in open_
};

float finite_weight(const WeightedText& piece) {
  const auto weight = static_cast<float>(piece.weight);
  require(std::isfinite(weight), ErrorKind::invalid_request,
          "weigh {} in the prompt: brackets together must give a finite weight, found {}; use fewer or smaller ones",
          formats::in_quotes(piece.text), piece.weight);
  return weight;
}

}  // namespace

std::vector<Chunk> chunk_tokens(const std::vector<WeightedText>& pieces, const ChunkTokens& tokens,
                                const ChunkOptions& options) {
  require(options.length >= 1, ErrorKind::invalid_request,
          "cut the prompt into chunks: a chunk must hold at least 1 token, found {}", options.length);
  require(options.comma_padding_backtrack >= 0, ErrorKind::invalid_request,
          "cut the prompt into chunks: comma_padding_backtrack must be 0 or more, found {}",
          options.comma_padding_backtrack);
  ChunkBuilder chunks(tokens, options);
  for (const auto& piece : pieces) {
    if (is_break(piece)) {
      chunks.close();
      continue;
    }
    const float weight = finite_weight(piece);
    const std::vector<int> ids = tokens.encode(piece.text);
    for (size_t i = 0; i < ids.size();) {
      const auto match = tokens.embedding_at ? tokens.embedding_at(ids, i) : std::nullopt;
      if (match)
        chunks.add_embedding(ids[i], *match, weight);
      else
        chunks.add(ids[i], weight);
      i += match ? static_cast<size_t>(match->tokens) : 1;
    }
  }
  return chunks.finish();
}

std::vector<Chunk> chunk_tokens(const std::vector<WeightedText>& pieces, const Tokenizer& tokenizer,
                                const ChunkOptions& options) {
  const ChunkTokens tokens{[&](std::string_view text) { return tokenizer.encode(text); }, tokenizer.bos(),
                           tokenizer.eos(), tokenizer.pad(), tokenizer.token_id(",</w>")};
  return chunk_tokens(pieces, tokens, options);
}

}  // namespace darkroom::prompt
