// Float32 arithmetic that gives the bits of PyTorch's vectorized CPU kernels (torch 1.13, AVX2 with SLEEF) on every
// machine. Tables of noise levels are made with it, because stochastic samplers magnify one unit in the last place of a
// noise level into a visible difference.
#pragma once

#include <vector>

namespace darkroom::diffusion {

/// torch.linspace(start, end, n): n values with both ends; n = 1 gives {start}. Requires: n >= 1.
std::vector<float> float32_linspace(float start, float end, int n);

/// torch.exp: SLEEF's form, within one unit in the last place. Requires: |x| <= 80.
float float32_exp(float x);

/// Correctly rounded natural logarithm and power (torch's agree on all values that noise levels take).
float float32_log(float x);
float float32_pow(float x, double exponent);

}  // namespace darkroom::diffusion
