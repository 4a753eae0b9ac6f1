#include "lab/gain_map.h"

#include "diffusion/noise_gain.h"

namespace darkroom::lab {

GainMap measure_gain_map(int steps) {
  NoGrad guard;
  const diffusion::NoiseSchedule model;
  GainMap map{.samplers = {}, .schedules = {}, .steps = steps, .gains = {}};
  std::vector<diffusion::Sigmas> levels;
  for (const auto& schedule : diffusion::sigma_schedules()) {
    if (schedule.name == "lcm" && steps > 50) continue;  // it has no more
    map.schedules.push_back(schedule.label);
    levels.push_back(schedule.sigmas(model, steps, {}));
    if (levels.back().back() == 0) levels.back().pop_back();
  }
  diffusion::SampleOptions options;
  options.eta = 0;
  for (const auto& sampler : diffusion::samplers()) {
    // LCM and Restart put noise back on purpose; the solvers choose levels of their own.
    if (sampler.chooses_steps || sampler.name == "LCM" || sampler.name == "Restart") continue;
    map.samplers.push_back(sampler.name);
    for (const diffusion::Sigmas& sigmas : levels) map.gains.push_back(diffusion::noise_gain(sampler, sigmas, options));
  }
  return map;
}

}  // namespace darkroom::lab
