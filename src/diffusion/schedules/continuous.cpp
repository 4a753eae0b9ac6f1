// Levels of processes that are not the model's own. Follow k-diffusion, sampling.py (get_sigmas_vp,
// get_sigmas_laplace).
#include <algorithm>
#include <cmath>

#include "diffusion/schedules/levels.h"

namespace darkroom::diffusion {

Sigmas vp_sigmas(const NoiseSchedule&, int n, const SigmaOptions&) {
  check_steps(n);
  constexpr double kBetaRange = 19.9, kBetaMin = 0.1, kLast = 1e-3;  // Song et al. 2021, appendix C
  Sigmas sigmas;
  for (int i = 0; i < n; ++i) {
    const double t = n > 1 ? 1 + (kLast - 1) * i / (n - 1) : 1;
    sigmas.push_back(float(std::sqrt(std::expm1(kBetaRange * t * t / 2 + kBetaMin * t))));
  }
  return falling_to_zero(sigmas);
}

// Parity: the reference appends no 0 and so leaves the noise of the lowest level in the picture.
Sigmas laplace_sigmas(const NoiseSchedule& schedule, int n, const SigmaOptions& options) {
  check_steps(n);
  constexpr double kScale = 0.5, kShift = 1e-5;
  const SigmaOptions range = completed(schedule, options);
  Sigmas sigmas;
  for (int i = 0; i < n; ++i) {
    const double away = 0.5 - (n > 1 ? double(i) / (n - 1) : 0);
    const double distance = -kScale * std::log(1 - 2 * std::abs(away) + kShift);
    sigmas.push_back(float(std::clamp(std::exp(std::copysign(distance, away)), range.sigma_min, range.sigma_max)));
  }
  sigmas.erase(std::unique(sigmas.begin(), sigmas.end()), sigmas.end());
  return falling_to_zero(sigmas);
}

}  // namespace darkroom::diffusion
