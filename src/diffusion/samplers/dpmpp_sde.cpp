// DPM-Solver++ as an SDE solver of one stage in the middle (r = 1/2). Follows k-diffusion, sample_dpmpp_sde.
#include "diffusion/float32.h"
#include "diffusion/samplers/steps.h"

namespace darkroom::diffusion {
namespace {

/// Parity: the reference walks in t = -ln(sigma) and asks a Brownian path, which one unit in the last place of a level
/// changes visibly, at exp(-t). So logarithm, half step and exponential are torch's float32 ones.
float log_level(double sigma) {
  return -float32_log(float(sigma));
}
double level(float t) {
  return float32_exp(-t);
}

}  // namespace

Tensor sample_dpmpp_sde(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options) {
  for (size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const Tensor denoised = denoise(x, sigmas[i]);
    options.on_step({int(i), sigmas[i], x, denoised});
    if (sigmas[i + 1] == 0) {
      x = x + to_d(x, sigmas[i], denoised) * -sigmas[i];
      continue;
    }
    const float t = log_level(sigmas[i]), t_next = log_level(sigmas[i + 1]), t_middle = t + (t_next - t) * 0.5f;
    const double sigma = level(t), middle = level(t_middle), next = level(t_next);
    /// From x at sigma to level `end`: deterministically below it, then up again with the path's noise.
    const auto stepped = [&](const Tensor& towards, double end) {
      const auto [down, up] = ancestral_step(sigma, end, options.eta);
      const double ratio = down / sigma;
      return x * ratio + towards * (1 - ratio) + options.noise(sigma, end) * (options.s_noise * up);
    };
    const Tensor x_middle = stepped(denoised, middle);
    x = stepped(denoise(x_middle, middle), next);
  }
  return x;
}

}  // namespace darkroom::diffusion
