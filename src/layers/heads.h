// Attention heads beside each other in a row of tokens, and as rows of their own.
#pragma once

#include "base/tensor.h"

namespace darkroom::layers {

/// [B, T, heads * d] -> [B * heads, T, d]
inline Tensor split_heads(const Tensor& x, int64_t heads) {
  const int64_t batch = x.size(0), tokens = x.size(1), d = x.size(2) / heads;
  return x.reshape({batch, tokens, heads, d}).transpose(1, 2).reshape({batch * heads, tokens, d});
}

/// The inverse.
inline Tensor joined_heads(const Tensor& x, int64_t heads) {
  const int64_t batch = x.size(0) / heads, tokens = x.size(1), d = x.size(2);
  return x.view({batch, heads, tokens, d}).transpose(1, 2).reshape({batch, tokens, heads * d});
}

}  // namespace darkroom::layers
