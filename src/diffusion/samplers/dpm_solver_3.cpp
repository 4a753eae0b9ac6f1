// DPM-Solver-3 (Lu et al. 2022, algorithm 2) on the levels it is given, three calls a step: the lab's reference.
// DPM fast and DPM adaptive take the same steps on levels of their own, in float32 (dpm_solver.cpp).
#include "diffusion/samplers/steps.h"

namespace darkroom::diffusion {

Tensor sample_dpm_solver_3(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options) {
  constexpr double r1 = 1.0 / 3, r2 = 2.0 / 3;
  for (size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const double sigma = sigmas[i], next = sigmas[i + 1];
    const Tensor denoised = denoise(x, sigma);
    options.on_step({int(i), sigma, x, denoised});
    if (next == 0) {
      x = denoised;
      continue;
    }
    const double h = std::log(sigma / next), level_1 = sigma * std::exp(-r1 * h), level_2 = sigma * std::exp(-r2 * h);
    const auto eps_at = [&](const Tensor& at, double level) { return to_d(at, level, denoise(at, level)); };
    const Tensor eps = to_d(x, sigma, denoised);
    const Tensor eps_1 = eps_at(x - eps * (level_1 * std::expm1(r1 * h)), level_1) - eps;
    const double curve = std::expm1(r2 * h) / (r2 * h) - 1;
    const Tensor stage_2 = x - eps * (level_2 * std::expm1(r2 * h)) - eps_1 * (level_2 * r2 / r1 * curve);
    const Tensor eps_2 = eps_at(stage_2, level_2) - eps;
    x = x - eps * (next * std::expm1(h)) - eps_2 * (next / r2 * (std::expm1(h) / h - 1));
  }
  return x;
}

}  // namespace darkroom::diffusion
