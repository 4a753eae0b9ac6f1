// DPM-Solver++(3M) as an SDE solver. Follows k-diffusion, sample_dpmpp_3m_sde.
#include "diffusion/samplers/steps.h"

namespace darkroom::diffusion {
namespace {

/// Weights of the first and second difference of the denoised latent over a step of H = (1 + eta) h.
struct DifferenceWeights {
  double first, second;
};

DifferenceWeights difference_weights(double h) {
  // Below this the formulas lose their digits to cancellation; the series' next terms are under 1e-12.
  if (h < 1e-3) return {h / 2 - h * h / 6 + h * h * h / 24, -h / 6 + h * h / 24 - h * h * h / 120};
  const double first = 1 + std::expm1(-h) / h;
  return {first, first / h - 0.5};
}

}  // namespace

Tensor sample_dpmpp_3m_sde(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options) {
  Tensor denoised_1, denoised_2;  // of the step before, and of the one before that
  double h_1 = 0, h_2 = 0;        // their lengths in ln(sigma)
  for (size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const double sigma = sigmas[i], next = sigmas[i + 1];
    const Tensor denoised = denoise(x, sigma);
    options.on_step({int(i), sigma, x, denoised});
    if (next == 0) {
      x = denoised;
      continue;
    }
    const double h = std::log(sigma / next), h_eta = h * (1 + options.eta);
    x = x * std::exp(-h_eta) - denoised * std::expm1(-h_eta);
    const auto [first, second] = difference_weights(h_eta);
    if (denoised_2.defined()) {
      const double r0 = h_1 / h, r1 = h_2 / h;
      const Tensor d0 = (denoised - denoised_1) / r0, d1 = (denoised_1 - denoised_2) / r1;
      x = x + (d0 + (d0 - d1) * (r0 / (r0 + r1))) * first - (d0 - d1) * (second / (r0 + r1));
    } else if (denoised_1.defined()) {
      x = x + (denoised - denoised_1) * (first * h / h_1);
    }
    if (options.eta > 0)
      x = x + options.noise(sigma, next) * (next * std::sqrt(-std::expm1(-2 * h * options.eta)) * options.s_noise);
    denoised_2 = denoised_1, denoised_1 = denoised;
    h_2 = h_1, h_1 = h;
  }
  return x;
}

}  // namespace darkroom::diffusion
