// DPM-Solver++(2M) as an SDE solver, in its two forms. Follows k-diffusion, sample_dpmpp_2m_sde.
#include "diffusion/samplers/steps.h"

namespace darkroom::diffusion {
namespace {

/// `slope_weight`(H): weight of the slope of the denoised latent over the step, H = (1 + eta) h.
template <typename SlopeWeight>
Tensor sample(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options,
              const SlopeWeight& slope_weight) {
  Tensor previous;    // denoised in the step before
  double h_last = 0;  // its length in ln(sigma)
  for (size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const double sigma = sigmas[i], next = sigmas[i + 1];
    const Tensor denoised = denoise(x, sigma);
    options.on_step({int(i), sigma, x, denoised});
    if (next == 0) {
      x = denoised;
      continue;
    }
    const double h = std::log(sigma / next), eta_h = options.eta * h;
    x = x * (next / sigma * std::exp(-eta_h)) - denoised * std::expm1(-h - eta_h);
    if (i > 0) x = x + (denoised - previous) * (slope_weight(h + eta_h) * h / h_last);
    if (options.eta > 0)
      x = x + options.noise(sigma, next) * (next * std::sqrt(-std::expm1(-2 * eta_h)) * options.s_noise);
    previous = denoised;
    h_last = h;
  }
  return x;
}

}  // namespace

Tensor sample_dpmpp_2m_sde(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options) {
  return sample(denoise, x, sigmas, options, [](double h) { return -std::expm1(-h) / 2; });
}

Tensor sample_dpmpp_2m_sde_heun(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options) {
  return sample(denoise, x, sigmas, options, [](double h) { return 1 + std::expm1(-h) / h; });
}

}  // namespace darkroom::diffusion
