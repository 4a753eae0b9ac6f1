// One head of attention on bf16 numbers without ever storing its scores; products of pairs, added in fp32. No tensors
// here; bf16 numbers are the upper halves of fp32 ones, as uint16_t.
#pragma once

#include <cstdint>

namespace darkroom::layers {

/// How keys and values stand in memory, filled up with zeros: for products of vectors or for those of tiles
/// (tile_product_kernel.h).
struct Bf16KeyLayout {
  bool is_tiles;
  std::int64_t together;  ///< keys whose scores are computed together: a head has whole groups of them
  std::int64_t row;       ///< numbers of a key
  std::int64_t places;    ///< of values

  Bf16KeyLayout(std::int64_t depth, bool is_tiles);
  std::int64_t filled(std::int64_t keys) const { return (keys + together - 1) / together * together; }
};
/// Keys whose weights are held at a time, in whole groups.
inline constexpr std::int64_t kBf16BlockKeys = 256;

/// One head of even depth. Keys: rows, one after another. Values: block after block, [places][keys of the block, in
/// whole groups]. Queries and results `query_stride` and `out_stride` numbers apart.
struct Bf16AttentionHead {
  Bf16KeyLayout layout;
  const std::uint16_t* query;
  const std::uint16_t* key;
  const std::uint16_t* value;
  std::uint16_t* out;
  std::int64_t queries, keys, depth;
  std::int64_t query_stride, out_stride;
  float scale;  ///< of the scores; positive
  /// Written unless nullptr: of each query what its weights are made with, 2^(score * scale * log2(e) + exponent).
  float* exponents = nullptr;
};

/// How many queries one call of attend_bf16() works off: the unit in which threads share the work. The result of a
/// query does not depend on it, nor on which others are worked off with it.
std::int64_t bf16_attention_block();

/// Queries [first, first + bf16_attention_block()), as far as there are any. Requires: keys >= 1.
void attend_bf16(const Bf16AttentionHead& head, std::int64_t first);

/// Some keys and as many queries as bf16_attention_block(), on the way back: rows of one number per query.
struct Bf16WeightTile {
  std::int64_t keys;                         ///< even
  const float *scores, *weight_gradients;    ///< [keys][queries]; not scaled yet
  const float *exponents, *shared;           ///< of each query; shared: the sum over keys of weight * its gradient
  float scale;                               ///< of the scores
  std::int64_t row;                          ///< numbers from key to key of the next two
  std::uint16_t *weights, *score_gradients;  ///< written, [keys][queries]: w and w (g - shared) scale
  std::uint16_t* score_gradient_pairs;       ///< the latter, [keys / 2][queries][2]
};
void weigh_backwards(const Bf16WeightTile& tile);

}  // namespace darkroom::layers
