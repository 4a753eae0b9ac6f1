// Restart (Xu et al. 2023): Heun that goes back up to a middle level with fresh noise. Follows A1111,
// sd_samplers_extra.py, restart_sampler, with its automatic list of restarts.
#include "diffusion/samplers/steps.h"

namespace darkroom::diffusion {
namespace {

constexpr double kLow = 0.1, kHigh = 2;  // a restart goes from about kLow up to about kHigh

struct Restarts {
  int steps = 0, times = 0;
};

Restarts restarts_of(int steps) {
  if (steps >= 36) return {steps / 4, 2};
  if (steps >= 20) return {9, 1};
  return {};
}

size_t nearest(const Sigmas& sigmas, double level) {
  const auto nearer = [&](double a, double b) { return std::abs(a - level) < std::abs(b - level); };
  return std::min_element(sigmas.begin(), sigmas.end(), nearer) - sigmas.begin();
}

/// n levels from `high` down to `low`, without the 0.
Sigmas karras_between(double low, double high, int n) {
  Sigmas sigmas = karras_sigmas(NoiseSchedule(), n, {.sigma_min = low, .sigma_max = high});
  sigmas.pop_back();
  return sigmas;
}

struct Leg {
  double from, to;
};

/// The whole way, restarts included: as many legs as the run has steps.
std::vector<Leg> legs_of(Sigmas sigmas) {
  const int steps = int(sigmas.size()) - 1;
  const Restarts restarts = restarts_of(steps);
  if (restarts.times > 0) {
    sigmas = karras_between(sigmas[steps - 1], sigmas[0], steps - restarts.steps * restarts.times);
    sigmas.push_back(0);
  }
  const size_t low = nearest(sigmas, kLow), high = nearest(sigmas, kHigh);
  std::vector<Leg> legs;
  for (size_t i = 0; i + 1 < sigmas.size(); ++i) {
    legs.push_back({sigmas[i], sigmas[i + 1]});
    if (restarts.times == 0 || i + 1 != low || high >= low) continue;
    const Sigmas again = karras_between(sigmas[low], sigmas[high], restarts.steps + 1);
    for (int time = 0; time < restarts.times; ++time) {
      for (size_t k = 0; k + 1 < again.size(); ++k) legs.push_back({again[k], again[k + 1]});
    }
  }
  return legs;
}

}  // namespace

Tensor sample_restart(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options) {
  if (sigmas.size() < 2) return x;
  double level = sigmas[0];
  int index = 0;
  for (const auto& [from, to] : legs_of(sigmas)) {
    if (from > level) x = x + options.noise(from, to) * (options.s_noise * std::sqrt(from * from - level * level));
    const Tensor denoised = denoise(x, from);
    options.on_step({index++, from, x, denoised});
    const Tensor d = to_d(x, from, denoised);
    const Tensor euler = x + d * (to - from);
    x = to == 0 ? euler : x + (d + to_d(euler, to, denoise(euler, to))) / 2 * (to - from);
    level = to;
  }
  return x;
}

}  // namespace darkroom::diffusion
