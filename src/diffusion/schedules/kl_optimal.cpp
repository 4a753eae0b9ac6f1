// Equal distances in arctan(sigma) (Sabour et al. 2024, "Align Your Steps", equation for a Gaussian's optimum).
// Follows A1111, sd_schedulers.py.
#include <cmath>

#include "diffusion/schedules/levels.h"

namespace darkroom::diffusion {

// Parity: no final 0, as in A1111; the noise of sigma_min stays in the picture.
Sigmas kl_optimal_sigmas(const NoiseSchedule& schedule, int n, const SigmaOptions& options) {
  check_steps(n);
  const SigmaOptions range = completed(schedule, options);
  const double lowest = std::atan(range.sigma_min), highest = std::atan(range.sigma_max);
  Sigmas sigmas;
  for (int i = 0; i <= n; ++i) {
    const double share = double(i) / n;
    sigmas.push_back(float(std::tan(share * lowest + (1 - share) * highest)));
  }
  return falling(sigmas);
}

}  // namespace darkroom::diffusion
