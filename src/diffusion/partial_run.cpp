#include "diffusion/partial_run.h"

#include <algorithm>
#include <cmath>

#include "diffusion/parameterization.h"

namespace darkroom::diffusion {
namespace {

/// Of samplers that walk a grid of timesteps.
PartialLevels grid_levels(const SamplerChoice& choice, const NoiseSchedule& schedule, const PartialSteps& steps,
                          Sigmas whole) {
  const bool is_ldm = choice.walks_ldm_levels();
  const std::vector<int> grid = is_ldm ? ldm_grid(schedule, steps.whole) : timestep_grid(schedule, steps.whole);
  const int encode = std::min(steps.encode, int(grid.size()) - 1);
  PartialLevels levels{.whole = std::move(whole), .walked = {}, .noise = schedule.sigmas()[grid[encode]]};
  if (encode == 0) return levels;
  // Parity: the first level walked is one entry below the noise that was added.
  if (choice.sampler.own_levels == unipc_levels) {
    levels.walked = unipc_levels_below(schedule, grid[encode - 1], encode);
  } else {
    levels.walked.assign(levels.whole.end() - encode - (is_ldm ? 1 : 0), levels.whole.end());
  }
  return levels;
}

}  // namespace

PartialSteps partial_steps(int steps, double strength, bool all_walked) {
  const double most = std::min(strength, 0.999);
  if (!all_walked) return {steps, int(most * steps)};
  return {strength > 0 ? int(steps / most) : 0, steps - 1};
}

PartialLevels partial_levels(const SamplerChoice& choice, const NoiseSchedule& schedule, const PartialSteps& steps,
                             const SigmaOptions& options, bool always_discards) {
  if (steps.whole == 0) return {};
  Sigmas whole = run_sigmas(choice, schedule, steps.whole, options, always_discards);
  if (choice.has_own_levels()) return grid_levels(choice, schedule, steps, std::move(whole));
  // Some schedules have fewer levels than steps, where some fall together.
  const int skipped = std::clamp(steps.whole - steps.encode - 1, 0, int(whole.size()) - 1);
  const Sigmas walked(whole.begin() + skipped, whole.end());
  return {.whole = whole, .walked = walked, .noise = walked.front()};
}

Tensor noised(const Tensor& latent, const Tensor& unit_noise, const SamplerChoice& choice, const PartialLevels& levels,
              double extra) {
  const Tensor x = latent + unit_noise * (levels.noise + extra);
  if (!choice.has_own_levels()) return x;
  // Such a run is in the network's scaling at both levels, and samplers take x in their own.
  const double own = levels.walked.empty() ? 1 : input_scale(levels.walked.front());
  return x * (input_scale(levels.noise) / own);
}

}  // namespace darkroom::diffusion
