// Linear layers and convolutions of bf16 numbers by kernels of our own (Highway): products of pairs added in fp32,
// rounded once when all are added. The layers choose them where the processor has the instruction.
#pragma once

#include "layers/bf16_kernels.h"
#include "layers/packed_weight.h"

namespace darkroom::layers {

/// Whether the functions below do it: x bf16 on a CPU, a weight that widen() reads, inputs in pairs, no autocast.
bool can_use_bf16_product(const Tensor& x, const Tensor& weight);

/// As at::linear of x [..., in]; `bias` [out] of any type, or undefined. Results have the same bits for every number of
/// threads and in every batch, here and below. None records gradients.
Tensor bf16_linear(const Tensor& x, const Tensor& weight, const PackedWeight& packed, const Tensor& bias);

/// The first half of these outputs times GELU of the second, [..., out / 2], before either is rounded.
Tensor bf16_geglu(const Tensor& x, const Tensor& weight, const PackedWeight& packed, const Tensor& bias);

/// As at::conv2d of x [B, in, H, W] with kernels [out, in, k, k]; what comes out lies channels last.
Tensor bf16_conv(const Tensor& x, const Tensor& weight, const PackedWeight& packed, const Tensor& bias, int64_t stride,
                 int64_t padding);

/// The gradients of what comes in from those of what went out, g; weights are packed for the one call. Outputs in
/// pairs. `input` is the shape of x, [B, in, H, W], and `padding` less than k.
Tensor bf16_linear_input_gradient(const Tensor& g, const Tensor& weight);
/// That of the weight, [out, in], from g [..., out] and x [..., in], both bf16.
Tensor bf16_linear_weight_gradient(const Tensor& g, const Tensor& x);
Tensor bf16_conv_input_gradient(const Tensor& g, const Tensor& weight, at::IntArrayRef input, int64_t stride,
                                int64_t padding);

}  // namespace darkroom::layers
