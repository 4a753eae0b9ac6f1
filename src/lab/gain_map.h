// The noise gain of every sampler on every schedule: which combinations make a network's errors larger.
#pragma once

#include <string>
#include <vector>

namespace darkroom::lab {

struct GainMap {
  std::vector<std::string> samplers, schedules;
  int steps = 0;
  std::vector<double> gains;  ///< sampler by sampler, at the lowest positive level; 0 = cannot be known
};

/// Of the model's range, without noise, the last step with k-diffusion's ending for LMS left out: what the latent
/// carries before it is denoised for the last time.
GainMap measure_gain_map(int steps);

}  // namespace darkroom::lab
