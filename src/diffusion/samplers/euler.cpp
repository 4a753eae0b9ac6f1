// Euler with churn (Karras et al. 2022, algorithm 2 without its second order) and Euler ancestral.
// Follow k-diffusion, sample_euler and sample_euler_ancestral.
#include <algorithm>
#include <cmath>

#include "diffusion/samplers.h"
#include "diffusion/samplers/steps.h"

namespace darkroom::diffusion {

Tensor sample_euler(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options) {
  for (size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const double next = sigmas[i + 1];
    const bool churns = options.s_tmin <= sigmas[i] && sigmas[i] <= options.s_tmax;
    const double gamma = churns ? std::min(options.s_churn / (sigmas.size() - 1), std::sqrt(2.0) - 1) : 0;
    const double sigma = sigmas[i] * (1 + gamma);
    // Drawn even when unused, as in the reference: it sets what later users of the generators get.
    const Tensor noise = options.noise(sigmas[i], next);
    if (gamma > 0) x = x + noise * (options.s_noise * std::sqrt(sigma * sigma - sigmas[i] * sigmas[i]));
    const Tensor denoised = denoise(x, sigma);
    options.on_step({int(i), sigma, x, denoised});
    x = x + to_d(x, sigma, denoised) * (next - sigma);
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
