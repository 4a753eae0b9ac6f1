// Heun's method with churn (Karras et al. 2022, algorithm 2). Follows k-diffusion, sample_heun.
#include "diffusion/samplers/steps.h"

namespace darkroom::diffusion {

Tensor sample_heun(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options) {
  for (size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const double next = sigmas[i + 1];
    const auto [start, sigma] = churned(x, sigmas, i, options);
    const Tensor denoised = denoise(start, sigma);
    options.on_step({int(i), sigma, start, denoised});
    const Tensor d = to_d(start, sigma, denoised);
    x = start + d * (next - sigma);
    if (next == 0) continue;  // Euler: there is no slope at 0
    const Tensor d_next = to_d(x, next, denoise(x, next));
    x = start + (d + d_next) / 2 * (next - sigma);
  }
  return x;
}

}  // namespace darkroom::diffusion
