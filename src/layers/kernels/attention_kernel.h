// One head of attention without ever storing its scores ("flash attention", Dao et al. 2022), for whatever vectors this
// processor has. No tensors here: pointers and sizes.
#pragma once

#include <cstdint>

namespace darkroom::layers {

/// One head: rows of `depth` floats. Keys and values lie one after another; queries and results `query_stride` and
/// `out_stride` floats apart.
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
