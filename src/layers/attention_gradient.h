// Attention for training that stores neither scores nor weights: what the backward pass needs of them is computed
// again, some queries at a time (Dao et al. 2022, section 3.1, algorithm 4).
#pragma once

#include "base/tensor.h"

namespace darkroom::layers {

/// As flash_attention(), or of bf16 numbers as bf16_attention(), with gradients of q, k and v. The same conditions
/// hold.
Tensor attention_with_gradient(const Tensor& q, const Tensor& k, const Tensor& v, int64_t heads);

/// Whether it can be done and pays: in fp32 if a kernel of our own takes heads of this depth, or so many scores would
/// have to be kept otherwise; in bf16 always.
bool recomputes_attention(const Tensor& q, const Tensor& k, const Tensor& v, int64_t heads);

}  // namespace darkroom::layers
