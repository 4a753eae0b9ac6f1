// DPM-Solver-2 (Lu et al. 2022) as Karras et al.'s midpoint rule in ln(sigma), with churn; and its ancestral form.
// Follow k-diffusion, sample_dpm_2 and sample_dpm_2_ancestral.
#include "diffusion/samplers/steps.h"

namespace darkroom::diffusion {
namespace {

/// From level sigma, where the slope is d, to level `end` along the slope halfway between them in ln(sigma).
Tensor midpoint_step(const Denoiser& denoise, const Tensor& x, const Tensor& d, double sigma, double end) {
  if (end == 0) return x + d * (end - sigma);  // Euler: ln(0) has no middle
  const double middle = std::sqrt(sigma * end);
  const Tensor x_middle = x + d * (middle - sigma);
  return x + to_d(x_middle, middle, denoise(x_middle, middle)) * (end - sigma);
}

}  // namespace

Tensor sample_dpm_2(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options) {
  for (size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const auto [start, sigma] = churned(x, sigmas, i, options);
    const Tensor denoised = denoise(start, sigma);
    options.on_step({int(i), sigma, start, denoised});
    x = midpoint_step(denoise, start, to_d(start, sigma, denoised), sigma, sigmas[i + 1]);
  }
  return x;
}

Tensor sample_dpm_2_ancestral(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options) {
  for (size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const double sigma = sigmas[i], next = sigmas[i + 1];
    const Tensor denoised = denoise(x, sigma);
    options.on_step({int(i), sigma, x, denoised});
    const auto [down, up] = ancestral_step(sigma, next, options.eta);
    x = midpoint_step(denoise, x, to_d(x, sigma, denoised), sigma, down);
    if (next > 0) x = x + options.noise(sigma, next) * (options.s_noise * up);
  }
  return x;
}

}  // namespace darkroom::diffusion
