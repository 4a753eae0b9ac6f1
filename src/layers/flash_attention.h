// Attention that never stores its scores: the fast path of layers/attention.h where no gradients are recorded.
#pragma once

#include "base/tensor.h"

namespace darkroom::layers {

/// As attention(q, k, v, heads, causal = false), in values within float32 rounding. q, k, v float32 on the CPU.
/// The same bits for every number of threads and in every batch.
Tensor flash_attention(const Tensor& q, const Tensor& k, const Tensor& v, int64_t heads);

/// Whether flash_attention() can take these.
bool can_flash(const Tensor& q, const Tensor& k, const Tensor& v);

}  // namespace darkroom::layers
