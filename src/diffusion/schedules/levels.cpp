#include "diffusion/schedules/levels.h"

#include "base/error.h"

namespace darkroom::diffusion {
namespace {

constexpr int kMostSteps = 10000;

}  // namespace

void check_steps(int n) {
  require(n >= 1 && n <= kMostSteps, ErrorKind::invalid_request,
          "choose noise levels: the number of steps must be from 1 to {}, but is {}", kMostSteps, n);
}

SigmaOptions completed(const NoiseSchedule& schedule, SigmaOptions options, double own_rho) {
  if (options.sigma_min == 0) options.sigma_min = schedule.sigma_min();
  if (options.sigma_max == 0) options.sigma_max = schedule.sigma_max();
  if (options.rho == 0) options.rho = own_rho;
  const double lowest = options.sigma_min, highest = options.sigma_max, rho = options.rho;
  require(lowest >= 1e-6 && lowest < highest && highest <= 1e6, ErrorKind::invalid_request,
          "choose noise levels: 1e-6 <= sigma_min < sigma_max <= 1e6 must hold, but they are {} and {}", lowest,
          highest);
  require(rho >= 0.2 && rho <= 100, ErrorKind::invalid_request,
          "choose noise levels: rho must be from 0.2 to 100, but is {}", rho);
  return options;
}

// Options can bring levels closer together than float32 can tell apart.
Sigmas falling(Sigmas levels) {
  for (size_t i = 0; i + 1 < levels.size(); ++i) {
    require(
        levels[i] > levels[i + 1], ErrorKind::invalid_request,
        "choose {} noise levels: they must fall, but level {} is {} and the next {}; try fewer steps, or other values "
        "of sigma_min, sigma_max, rho",
        levels.size() - 1, i, levels[i], levels[i + 1]);
  }
  return levels;
}

Sigmas falling_to_zero(Sigmas levels) {
  levels.push_back(0);
  return falling(std::move(levels));
}

}  // namespace darkroom::diffusion
