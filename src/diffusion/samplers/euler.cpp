// Euler with churn (Karras et al. 2022, algorithm 2 without its second order) and Euler ancestral.
// Follow k-diffusion, sample_euler and sample_euler_ancestral.
#include "diffusion/samplers/steps.h"

namespace darkroom::diffusion {

Tensor sample_euler(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options) {
  for (size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const auto [start, sigma] = churned(x, sigmas, i, options);
    const Tensor denoised = denoise(start, sigma);
    options.on_step({int(i), sigma, start, denoised});
    x = start + to_d(start, sigma, denoised) * (sigmas[i + 1] - sigma);
  }
  return x;
}

Tensor sample_euler_ancestral(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options) {
  for (size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const double sigma = sigmas[i], next = sigmas[i + 1];
    const Tensor denoised = denoise(x, sigma);
    options.on_step({int(i), sigma, x, denoised});
    const auto [down, up] = ancestral_step(sigma, next, options.eta);
    x = x + to_d(x, sigma, denoised) * (down - sigma);
    if (next > 0) x = x + options.noise(sigma, next) * (options.s_noise * up);
  }
  return x;
}

}  // namespace darkroom::diffusion
