// DPM-Solver++(2S) (Lu et al. 2022, algorithm 1) with ancestral noise. Follows k-diffusion, sample_dpmpp_2s_ancestral.
#include "diffusion/samplers/steps.h"

namespace darkroom::diffusion {

Tensor sample_dpmpp_2s_ancestral(const Denoiser& denoise, Tensor x, const Sigmas& sigmas,
                                 const SampleOptions& options) {
  for (size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const double sigma = sigmas[i], next = sigmas[i + 1];
    const Tensor denoised = denoise(x, sigma);
    options.on_step({int(i), sigma, x, denoised});
    const auto [down, up] = ancestral_step(sigma, next, options.eta);
    if (down == 0) {
      x = x + to_d(x, sigma, denoised) * (down - sigma);
    } else {
      const double h = std::log(sigma) - std::log(down), middle = sigma * std::exp(-h / 2);
      const Tensor x_middle = x * (middle / sigma) - denoised * std::expm1(-h / 2);
      x = x * (down / sigma) - denoise(x_middle, middle) * std::expm1(-h);
    }
    if (next > 0) x = x + options.noise(sigma, next) * (options.s_noise * up);
  }
  return x;
}

}  // namespace darkroom::diffusion
