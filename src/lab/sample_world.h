// A sampler on a closed-form world, and the levels of a run: what `darkroom lab` prints.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace darkroom::lab {

/// Which levels a run walks through.
struct LevelsRequest {
  std::string sampler;                 ///< empty = none: the schedule's own levels
  std::string schedule = "Automatic";  ///< Automatic = the sampler's own
  int steps = 20;
  double sigma_min = 0, sigma_max = 0, rho = 0;  ///< 0 = the model's, the schedule's own
  bool is_sdxl = false;
};

/// Descending, with the final 0 where the schedule has one. Throws Error{invalid_request}.
std::vector<double> run_levels(const LevelsRequest& request);

struct WorldRequest {
  LevelsRequest levels;
  std::string world = "tanh";
  std::vector<std::int64_t> shape = {4, 4, 4};  ///< of one image's latent, C,H,W
  std::vector<std::uint64_t> seeds = {0};       ///< one per image
  std::string rng = "CPU";
  double eta = -1;  ///< -1 = the sampler's own
  double s_noise = 1, s_churn = 0, s_tmin = 0;
  double s_tmax = 0;  ///< 0 = no limit
  bool lms_extrapolates_to_zero = false;
};

struct WorldResult {
  int calls = 0;              ///< of the denoiser
  std::vector<float> result;  ///< final state, image by image
};

/// From the seeds' noise at the highest level, as a picture's run would. Throws Error{invalid_request}.
WorldResult sample_world(const WorldRequest& request);

/// How much of a network's errors a run leaves in the latent at its lowest positive level, and in the result
/// (diffusion/noise_gain.h). Throws Error{invalid_request}.
struct GainResult {
  double at_lowest = 0, at_end = 0;
};
GainResult error_gain(const LevelsRequest& request, bool lms_extrapolates_to_zero = false);

/// Names to choose from, for help texts.
std::vector<std::string> world_names();

}  // namespace darkroom::lab
