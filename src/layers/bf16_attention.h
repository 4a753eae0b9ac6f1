// Attention on bf16 numbers without storing scores: products of pairs added in fp32 by a kernel of our own (Highway).
#pragma once

#include "base/tensor.h"

namespace darkroom::layers {

/// Whether bf16_attention() does it: bf16 on a CPU where has_bf16_kernels() (bf16_kernels.h), heads of even depth.
bool can_use_bf16_attention(const Tensor& q, const Tensor& k, const Tensor& v, int64_t heads);

/// As attention() of attention.h without a mask: q [B, Tq, heads * d], k and v [B, Tk, heads * d] -> [B, Tq, heads *
/// d]. Weights of values are rounded to bf16, sums are fp32. The result has the same bits for every number of threads
/// and in every batch. Records no gradients.
Tensor bf16_attention(const Tensor& q, const Tensor& k, const Tensor& v, int64_t heads);

/// The same, which also writes each query's exponent (kernels/bf16_attention_kernel.h) to `exponents`, fp32
/// [B, heads, Tq].
Tensor bf16_attention(const Tensor& q, const Tensor& k, const Tensor& v, int64_t heads, const Tensor& exponents);

}  // namespace darkroom::layers
