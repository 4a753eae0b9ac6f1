// Runs of tests/golden/samplers_diffusers.json: the states of diffusers' schedulers after every step but the last,
// whose ending is theirs.
#pragma once

#include "diffusion/worlds.h"

namespace darkroom::diffusion {

inline Tensor golden_tensor(const nlohmann::json& values) {
  return at::tensor(values.get<std::vector<double>>(), at::kDouble).view({1, 4, 4, 4});
}

/// `eta_of`: eta by number of steps; missing = 1.
inline void expect_diffusers_runs(const std::string& name, Sampler sample, const std::map<int, double>& eta_of,
                                  double tolerance) {
  const NoiseSchedule schedule;
  int compared = 0;
  for (const nlohmann::json& run : golden("samplers_diffusers.json").at("runs")) {
    if (run.at("name") != name) continue;
    Sigmas sigmas = run.at("sigmas");
    sigmas.push_back(0);
    const int steps = run.at("steps");
    SampleOptions options;
    if (eta_of.contains(steps)) options.eta = eta_of.at(steps);
    size_t draws = 0;
    options.noise = [&](double, double) { return golden_tensor(run.at("noises").at(draws++)); };
    options.schedule = &schedule;
    options.on_step = [&](const StepEvent& event) {
      if (event.index == 0) return;
      const Tensor expected = golden_tensor(run.at("states").at(event.index - 1));
      EXPECT_LE(largest_difference(event.x, expected), tolerance) << name << " " << steps << ", step " << event.index;
      ++compared;
    };
    sample(golden_denoised, golden_tensor(run.at("start")), sigmas, options);
  }
  EXPECT_GE(compared, 9) << name;
}

}  // namespace darkroom::diffusion
