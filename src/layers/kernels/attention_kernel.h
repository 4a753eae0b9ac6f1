// One head of attention without ever storing its scores ("flash attention", Dao et al. 2022), for whatever vectors this
// processor has. No tensors here: pointers and sizes.
#pragma once

#include <cstdint>

namespace darkroom::layers {

/// Keys and values in the order in which they are multiplied, six side by side: tiles of keys [depth][6], and for each
/// block of keys tiles of places [keys][6]. So many floats for one head, the last of them perhaps unused.
std::int64_t packed_keys_size(std::int64_t keys, std::int64_t depth);
std::int64_t packed_values_size(std::int64_t keys, std::int64_t depth);
/// From rows of `depth` floats that begin `stride` apart.
void pack_keys(const float* rows, std::int64_t stride, std::int64_t keys, std::int64_t depth, float* packed);
void pack_values(const float* rows, std::int64_t stride, std::int64_t keys, std::int64_t depth, float* packed);

/// One head. Keys and values are packed; queries and results are rows of `depth` floats, `query_stride` and
/// `out_stride` apart.
struct AttentionHead {
  const float* query;
  const float* key;
  const float* value;
  float* out;
  std::int64_t queries, keys, depth;
  std::int64_t query_stride, out_stride;
  float scale;  ///< of the scores
};

/// How many queries one call of attend() works off: the unit in which threads share the work. The result of a query
/// does not depend on it, nor on which others are worked off with it.
std::int64_t attention_block();

/// Queries [first, first + attention_block()), as far as there are any. Requires: keys >= 1.
void attend(const AttentionHead& head, std::int64_t first);

}  // namespace darkroom::layers
