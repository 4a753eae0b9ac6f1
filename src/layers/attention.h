// Scaled dot-product attention: softmax(Q Kᵀ / sqrt(d)) V per head (Vaswani et al., arXiv 1706.03762).
#pragma once

#include "base/tensor.h"

namespace darkroom::layers {

/// q [B, Tq, heads * d], k and v [B, Tk, heads * d] -> [B, Tq, heads * d].
/// causal: token i sees tokens 0..i of k (Tq must equal Tk).
/// Without gradients long inputs are worked off in slices, so that the scores never take more than about 256 MiB.
Tensor attention(const Tensor& q, const Tensor& k, const Tensor& v, int64_t heads, bool causal = false);

}  // namespace darkroom::layers
