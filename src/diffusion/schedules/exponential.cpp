// Equal distances in ln(sigma), or in a power of them. Follow k-diffusion, get_sigmas_exponential and
// get_sigmas_polyexponential.
#include <cmath>

#include "diffusion/float32.h"
#include "diffusion/schedules/levels.h"

namespace darkroom::diffusion {

Sigmas exponential_sigmas(const NoiseSchedule& schedule, int n, const SigmaOptions& options) {
  check_steps(n);
  const SigmaOptions range = completed(schedule, options);
  Sigmas sigmas;
  for (const float log_sigma : float32_linspace(float(std::log(range.sigma_max)), float(std::log(range.sigma_min)), n))
    sigmas.push_back(float32_exp(log_sigma));
  return falling_to_zero(sigmas);
}

Sigmas polyexponential_sigmas(const NoiseSchedule& schedule, int n, const SigmaOptions& options) {
  check_steps(n);
  const SigmaOptions range = completed(schedule, options);
  const double lowest = std::log(range.sigma_min);
  const float distance = float(std::log(range.sigma_max) - lowest);
  Sigmas sigmas;
  for (const float share : float32_linspace(1, 0, n)) {
    float log_sigma = range.rho == 1 ? share : std::pow(share, float(range.rho));
    log_sigma *= distance;  // statements of their own: every operation is rounded
    log_sigma += float(lowest);
    sigmas.push_back(float32_exp(log_sigma));
  }
  return falling_to_zero(sigmas);
}

}  // namespace darkroom::diffusion
