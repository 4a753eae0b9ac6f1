// Tokens of a prompt of any length -> chunks that a text encoder takes one by one.
// Source of truth: AUTOMATIC1111 modules/sd_hijack_clip.py, tokenize_line and process_tokens.
#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "prompt/embedding_words.h"
#include "prompt/syntax.h"
#include "prompt/tokenizer.h"

namespace darkroom::prompt {

/// Vectors in the place of tokens.
struct ChunkFix {
  int offset = 0;  // of the first, counted without the start token
  int embedding = 0, vectors = 0;
  bool operator==(const ChunkFix&) const = default;
};

/// What one text encoder takes: start, tokens, end, padding. `ids` and `weights` have ChunkOptions::length + 2
/// elements.
struct Chunk {
  std::vector<int> ids;        // 0 where an embedding's vectors stand
  std::vector<float> weights;  // 1 for start, end and padding; always finite
  std::vector<ChunkFix> fixes = {};
  bool operator==(const Chunk&) const = default;
};

struct ChunkOptions {
  int length = 75;                   // tokens between start and end: the encoder's positions - 2; at least 1
  int comma_padding_backtrack = 20;  // how far back a comma may lie for a chunk to end there; 0 = chunks end anywhere
};

/// What chunking asks of a tokenizer.
struct ChunkTokens {
  std::function<std::vector<int>(std::string_view)> encode;
  int start = 0, end = 0, pad = 0;
  std::optional<int> comma;
  EmbeddingFinder embedding_at = nullptr;  // with at most ChunkOptions::length vectors; none finds nothing
};

/// The chunks of a prompt; at least one. Each piece is tokenized by itself. A break ends the chunk, a full chunk ends
/// after its last comma if that is near enough. After the first end token of a chunk comes only padding. Embeddings
/// whose vectors do not fit begin the next chunk.
/// Throws invalid_request for options out of range and for weights that are not finite as float.
std::vector<Chunk> chunk_tokens(const std::vector<WeightedText>& pieces, const ChunkTokens& tokens,
                                const ChunkOptions& options = {});
std::vector<Chunk> chunk_tokens(const std::vector<WeightedText>& pieces, const Tokenizer& tokenizer,
                                const ChunkOptions& options = {});

}  // namespace darkroom::prompt
