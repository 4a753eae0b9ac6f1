// The way back through one head of attention: its weights are computed again from queries and keys (Dao et al. 2022,
// section 3.1, algorithm 4). No tensors here: pointers and sizes.
#pragma once

#include <cstdint>

namespace darkroom::layers {

/// One head: rows of `depth` floats. Keys, values and their gradients lie one after another; queries, the result's
/// gradient and the queries' `stride` floats apart.
struct AttentionHeadGradients {
  const float *query, *key, *value, *result_gradient;
  float *query_gradient, *key_gradient, *value_gradient;  ///< written; the last two are added to
  std::int64_t queries, keys, depth, stride;
  float scale;  ///< of the scores
};

/// `depth` must be a multiple of this.
std::int64_t attention_gradient_lanes();

/// Requires: keys >= 1. Keeps two numbers per key and query of a block.
void attend_backwards(const AttentionHeadGradients& head);

}  // namespace darkroom::layers
