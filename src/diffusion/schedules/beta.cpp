// Quantiles of a beta distribution (Lee et al. 2024, "Beta Sampling is All You Need"): of sigma itself as in A1111,
// sd_schedulers.py, and of the timestep as in ComfyUI, samplers.py (beta_scheduler).
#include <algorithm>
#include <cmath>

#include "diffusion/schedules/levels.h"

namespace darkroom::diffusion {
namespace {

constexpr double kAlpha = 0.6;  // both parameters: the distribution is symmetric

/// The incomplete beta function B(x; a, a) for 0 <= x <= 1/2, as its power series x^a sum (1-a)_k x^k / (k! (a+k)).
double incomplete_beta(double x, double a) {
  double sum = 0, term = 1;
  for (int k = 0; k < 200 && term > 1e-18; ++k) {
    sum += term / (a + k);
    term *= (1 - a + k) / (k + 1) * x;
  }
  return std::pow(x, a) * sum;
}

/// Where the distribution has the share p below it, 0 <= p <= 1.
double beta_quantile(double p, double a) {
  if (p > 0.5) return 1 - beta_quantile(1 - p, a);
  const double wanted = p * 2 * incomplete_beta(0.5, a);
  double low = 0, high = 0.5;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (incomplete_beta(middle, a) < wanted ? low : high) = middle;
  }
  if (p == 0 || p == 0.5) return p;  // exactly, where halving only comes near
  return (low + high) / 2;
}

}  // namespace

Sigmas beta_sigmas(const NoiseSchedule& schedule, int n, const SigmaOptions& options) {
  check_steps(n);
  const SigmaOptions range = completed(schedule, options);
  Sigmas sigmas;
  for (int i = 0; i < n; ++i) {
    const double share = n > 1 ? 1 - double(i) / (n - 1) : 1;
    sigmas.push_back(float(range.sigma_min + beta_quantile(share, kAlpha) * (range.sigma_max - range.sigma_min)));
  }
  return falling_to_zero(sigmas);
}

Sigmas beta_timesteps_sigmas(const NoiseSchedule& schedule, int n, const SigmaOptions&) {
  check_steps(n);
  Sigmas sigmas;
  for (int i = 0; i < n; ++i) {
    const double place = beta_quantile(1 - double(i) / n, kAlpha) * (schedule.timesteps() - 1);
    sigmas.push_back(schedule.sigmas()[size_t(std::nearbyint(place))]);
  }
  sigmas.erase(std::unique(sigmas.begin(), sigmas.end()), sigmas.end());
  return falling_to_zero(sigmas);
}

}  // namespace darkroom::diffusion
