// TCD (Zheng et al. 2024, "Trajectory Consistency Distillation", algorithm 2): down to a share of the next timestep
// without noise, then up to it with fresh noise. Follows diffusers, scheduling_tcd.py.
#include "diffusion/samplers/steps.h"

namespace darkroom::diffusion {

// Parity: the reference ends at the table's lowest level and so leaves its noise in the picture; this ends at 0.
Tensor sample_tcd(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options) {
  static const NoiseSchedule stable_diffusion;
  const NoiseSchedule& schedule = options.schedule ? *options.schedule : stable_diffusion;
  for (size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const double sigma = sigmas[i], next = sigmas[i + 1];
    const Tensor denoised = denoise(x, sigma);
    options.on_step({int(i), sigma, x, denoised});
    if (next == 0) {
      x = denoised;
      continue;
    }
    // The level's own timestep may come back as the float below it.
    const double aim = std::floor((1 - options.eta) * schedule.t(next) + 1e-3);
    const double down = options.eta == 0 ? next : std::min(next, double(schedule.sigmas()[size_t(aim)]));
    x = denoised + to_d(x, sigma, denoised) * down;
    if (down < next) x = x + options.noise(sigma, next) * (options.s_noise * std::sqrt(next * next - down * down));
  }
  return x;
}

}  // namespace darkroom::diffusion
