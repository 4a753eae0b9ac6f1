// DDIM (Song et al. 2020), its CFG++ form (Chung et al. 2024) and PLMS (Liu et al. 2022), on any levels. Follow A1111,
// sd_samplers_timesteps_impl.py, with its levels and with latent-diffusion's: every (T / n)-th timestep from the second
// on. They hand back the network's scaling, sqrt(alphas_cumprod) * x, of the lowest level; at 0 that is x.
#include <deque>

#include "diffusion/parameterization.h"
#include "diffusion/samplers/steps.h"
#include "diffusion/schedules/levels.h"

namespace darkroom::diffusion {

std::vector<int> timestep_grid(const NoiseSchedule& schedule, int n) {
  check_steps(n);
  const int last = schedule.timesteps() - 1, stride = std::max(1, schedule.timesteps() / n);
  std::vector<int> grid;
  for (int t = 0; t <= last; t += stride) grid.push_back(std::min(t + 1, last));
  // At strides of 1 the last two are the same timestep, between which nothing happens.
  grid.erase(std::unique(grid.begin(), grid.end()), grid.end());
  return grid;
}

std::vector<int> ldm_grid(const NoiseSchedule& schedule, int n) {
  check_steps(n);
  const int timesteps = schedule.timesteps();
  // Parity: where the grid ends beyond the table the reference's caller tried again with one step more.
  const auto overflows = [&](int steps) {
    const int stride = std::max(1, timesteps / steps);
    return (timesteps - 1) / stride * stride + 1 > timesteps - 1;
  };
  while (timesteps / n > 1 && overflows(n)) ++n;
  return timestep_grid(schedule, n);
}

Sigmas levels_of(const NoiseSchedule& schedule, const std::vector<int>& grid) {
  Sigmas sigmas;
  for (auto t = grid.rbegin(); t != grid.rend(); ++t) sigmas.push_back(schedule.sigmas()[*t]);
  return sigmas;
}

Sigmas timestep_levels(const NoiseSchedule& schedule, int n, const SigmaOptions&) {
  return levels_of(schedule, timestep_grid(schedule, n));
}

Sigmas ldm_levels(const NoiseSchedule& schedule, int n, const SigmaOptions&) {
  Sigmas sigmas = levels_of(schedule, ldm_grid(schedule, n));
  sigmas.push_back(schedule.sigmas()[0]);
  return sigmas;
}

namespace {

/// `direction`: the denoised latent away from which the noise points.
template <typename Direction>
Tensor sample_ddim_along(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options,
                         const Direction& direction) {
  for (size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const double sigma = sigmas[i], next = sigmas[i + 1];
    const Tensor denoised = denoise(x, sigma);
    options.on_step({int(i), sigma, x, denoised});
    const double alpha = std::pow(input_scale(sigma), 2), alpha_next = std::pow(input_scale(next), 2);
    const double fresh = options.eta * std::sqrt((1 - alpha_next) / (1 - alpha) * (1 - alpha / alpha_next));
    const double kept = std::sqrt(std::max(0.0, 1 - alpha_next - fresh * fresh));
    const Tensor aim = denoised + to_d(x, sigma, direction(denoised)) * (kept / input_scale(next));
    // Drawn even when unused, as in the reference; at 0 there is no step of a path to draw.
    x = next > 0 ? aim + options.noise(sigma, next) * (options.s_noise * fresh / input_scale(next)) : aim;
  }
  return sigmas.empty() ? x : x * input_scale(sigmas.back());
}

}  // namespace

Tensor sample_ddim(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options) {
  return sample_ddim_along(denoise, x, sigmas, options, [](const Tensor& denoised) { return denoised; });
}

Tensor sample_ddim_cfgpp(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options) {
  return sample_ddim_along(denoise, x, sigmas, options, [&](const Tensor& denoised) {
    const Tensor unconditional = options.unconditional();
    return unconditional.defined() ? unconditional : denoised;
  });
}

Tensor sample_plms(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options) {
  std::deque<Tensor> slopes;  // at the starts of the last steps, newest first
  for (size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const double sigma = sigmas[i], next = sigmas[i + 1];
    const Tensor denoised = denoise(x, sigma);
    options.on_step({int(i), sigma, x, denoised});
    if (next == 0) {  // Parity: the reference's levels never reach 0
      x = denoised;
      continue;
    }
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
