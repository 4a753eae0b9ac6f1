// What samplers do to the variance of what they draw: exact, for data N(0, 1), on which every sampler is linear.
#pragma once

#include <string>
#include <vector>

namespace darkroom::lab {

struct MomentsRow {
  std::string sampler;
  std::vector<double> variances;  ///< of the result, one per number of steps; 1 is right
};

struct MomentsTable {
  std::vector<int> steps;
  std::vector<MomentsRow> rows;
};

/// Karras levels of the model's range, the last step to 0 included, eta 1, noise from one Brownian path whose time is
/// sigma, as k-diffusion's. The limits of many steps are 0.9945 without noise and 0.9991 with it: the start has the
/// variance sigma_max^2 where 1 + sigma_max^2 would be right, and the end is a denoised latent.
MomentsTable measure_moments();

}  // namespace darkroom::lab
