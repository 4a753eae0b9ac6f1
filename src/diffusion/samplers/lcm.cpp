// LCM (Luo et al. 2023): every step is a whole denoising, put back to the next level with fresh noise. Follows A1111,
// sd_samplers_lcm.py, sample_lcm. Its c_skip and c_out are 0 and 1 to 7e-6 at the lowest of LCM's timesteps.
#include "diffusion/samplers/steps.h"

namespace darkroom::diffusion {

Tensor sample_lcm(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options) {
  for (size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const double sigma = sigmas[i], next = sigmas[i + 1];
    const Tensor denoised = denoise(x, sigma);
    options.on_step({int(i), sigma, x, denoised});
    x = next > 0 ? denoised + options.noise(sigma, next) * (options.s_noise * next) : denoised;
  }
  return x;
}

}  // namespace darkroom::diffusion
