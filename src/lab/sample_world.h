// A sampler on a closed-form world, and the levels of a run: what `darkroom lab` prints.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "generate/request.h"

namespace darkroom::lab {

/// Descending, with the final 0 where the schedule has one. Throws Error{invalid_request}.
std::vector<double> run_levels(const generate::GenerateRequest& request, bool is_sdxl = false);

struct WorldRequest {
  generate::GenerateRequest sampling;  ///< its sampler, levels, noise and options count
  std::string world = "tanh";
  std::vector<std::int64_t> shape = {4, 4, 4};  ///< of one image's latent, C,H,W
  std::vector<std::uint64_t> seeds = {0};       ///< one per image
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
GainResult error_gain(const generate::GenerateRequest& request);

/// Names to choose from, for help texts.
std::vector<std::string> world_names();

}  // namespace darkroom::lab
