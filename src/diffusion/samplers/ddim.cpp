// DDIM (Song et al. 2020) and PLMS (Liu et al. 2022) on their own levels, every (T / n)-th timestep of the model from
// the second on. Follow A1111, sd_samplers_timesteps_impl.py. They hand back the network's scaling,
// sqrt(alphas_cumprod) * x, of the lowest level, whose noise stays in the picture.
#include <deque>

#include "diffusion/parameterization.h"
#include "diffusion/samplers/steps.h"
#include "diffusion/schedules/levels.h"

namespace darkroom::diffusion {

Sigmas timestep_levels(const NoiseSchedule& schedule, int n, const SigmaOptions&) {
  check_steps(n);
  const int last = schedule.timesteps() - 1, stride = std::max(1, schedule.timesteps() / n);
  Sigmas sigmas;
  for (int t = 0; t <= last; t += stride) sigmas.insert(sigmas.begin(), schedule.sigmas()[std::min(t + 1, last)]);
  // At strides of 1 the last two are the same timestep, between which nothing happens.
  sigmas.erase(std::unique(sigmas.begin(), sigmas.end()), sigmas.end());
  return sigmas;
}

Tensor sample_ddim(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options) {
  for (size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const double sigma = sigmas[i], next = sigmas[i + 1];
    const Tensor denoised = denoise(x, sigma);
    options.on_step({int(i), sigma, x, denoised});
    const double alpha = std::pow(input_scale(sigma), 2), alpha_next = std::pow(input_scale(next), 2);
    const double fresh = options.eta * std::sqrt((1 - alpha_next) / (1 - alpha) * (1 - alpha / alpha_next));
    const double kept = std::sqrt(std::max(0.0, 1 - alpha_next - fresh * fresh));
    const Tensor noise = options.noise(sigma, next);  // drawn even when unused, as in the reference
    x = denoised + to_d(x, sigma, denoised) * (kept / input_scale(next)) + noise * (fresh / input_scale(next));
  }
  return sigmas.empty() ? x : x * input_scale(sigmas.back());
}

Tensor sample_plms(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options) {
  std::deque<Tensor> slopes;  // at the starts of the last steps, newest first
  for (size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const double sigma = sigmas[i], next = sigmas[i + 1];
    const Tensor denoised = denoise(x, sigma);
    options.on_step({int(i), sigma, x, denoised});
    slopes.push_front(to_d(x, sigma, denoised));
    Tensor slope;
    switch (slopes.size()) {
      case 1: {
        const Tensor euler = x + slopes[0] * (next - sigma);
        slope = (slopes[0] + to_d(euler, next, denoise(euler, next))) / 2;
        break;
      }
      case 2:
        slope = (slopes[0] * 3 - slopes[1]) / 2;
        break;
      case 3:
        slope = (slopes[0] * 23 - slopes[1] * 16 + slopes[2] * 5) / 12;
        break;
      default:
        slope = (slopes[0] * 55 - slopes[1] * 59 + slopes[2] * 37 - slopes[3] * 9) / 24;
        slopes.pop_back();
    }
    x = x + slope * (next - sigma);
  }
  return sigmas.empty() ? x : x * input_scale(sigmas.back());
}

}  // namespace darkroom::diffusion
