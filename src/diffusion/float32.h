// Float32 arithmetic that gives the bits of PyTorch's vectorized CPU kernels (torch 1.13, AVX2 with SLEEF) on every
// machine. Tables of noise levels are made with it, because stochastic samplers magnify one unit in the last place of a
// noise level into a visible difference.
#pragma once

#include <vector>

namespace darkroom::diffusion {

/// torch.linspace(start, end, n): n values with both ends; n = 1 gives {start}. Requires: n >= 1.
std::vector<float> float32_linspace(float start, float end, int n);

/// torch.exp. Requires: |x| <= 80.
float float32_exp(float x);

/// torch.log. Requires: x positive, finite and normal.
float float32_log(float x);

/// torch.pow of a whole tensor: its kernel takes all full groups of 16 values, the C library's powf the rest.
/// Requires: bases positive, finite and normal; |exponent * ln(base)| <= 80.
std::vector<float> float32_pow(std::vector<float> bases, float exponent);

}  // namespace darkroom::diffusion
