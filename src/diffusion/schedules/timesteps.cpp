// Levels at equal distances in the model's timestep. Follow k-diffusion, external.py (get_sigmas), and A1111,
// sd_schedulers.py (sgm_uniform, normal).
#include "diffusion/float32.h"
#include "diffusion/schedules/levels.h"

namespace darkroom::diffusion {
namespace {

/// The first n of `points` levels between two timesteps.
Sigmas levels_between(const NoiseSchedule& schedule, double first, double last, int points, int n) {
  const std::vector<float> timesteps = float32_linspace(float(first), float(last), points);
  Sigmas sigmas;
  for (int i = 0; i < n; ++i) sigmas.push_back(schedule.sigma(timesteps[i]));
  return falling_to_zero(sigmas);
}

}  // namespace

Sigmas uniform_sigmas(const NoiseSchedule& schedule, int n, const SigmaOptions&) {
  check_steps(n);
  return levels_between(schedule, schedule.timesteps() - 1, 0, n, n);
}

Sigmas normal_sigmas(const NoiseSchedule& schedule, int n, const SigmaOptions& options) {
  check_steps(n);
  const SigmaOptions range = completed(schedule, options);
  return levels_between(schedule, schedule.t(range.sigma_max), schedule.t(range.sigma_min), n, n);
}

Sigmas sgm_uniform_sigmas(const NoiseSchedule& schedule, int n, const SigmaOptions& options) {
  check_steps(n);
  const SigmaOptions range = completed(schedule, options);
  return levels_between(schedule, schedule.t(range.sigma_max), schedule.t(range.sigma_min), n + 1, n);
}

}  // namespace darkroom::diffusion
