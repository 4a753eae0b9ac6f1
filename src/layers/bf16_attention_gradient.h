// The way back through bf16_attention() with bf16 products added in fp32 (Dao 2023, FlashAttention-2, algorithm 2):
// weights are made again from scores, some keys at a time, and nothing as large as the scores is held.
#pragma once

#include <array>

#include "base/tensor.h"

namespace darkroom::layers {

/// The gradients of q [B, Tq, heads * d], k and v [B, Tk, heads * d] from g, that of the result `out`; all bf16, d
/// even. `exponents` is what bf16_attention() wrote. Weights and the scores' gradients are rounded to bf16, sums are
/// fp32 and rounded once. The same bits for any number of threads.
std::array<Tensor, 3> bf16_attention_gradients(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& out,
                                               const Tensor& exponents, const Tensor& g, int64_t heads);

}  // namespace darkroom::layers
