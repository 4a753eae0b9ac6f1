// How a request samples: its sampler, levels, noise and options, from the tables of diffusion/.
#pragma once

#include <vector>

#include "diffusion/run_noise.h"
#include "generate/request.h"

namespace darkroom::generate {

struct Sampling {
  diffusion::SamplerChoice choice;
  diffusion::Sigmas sigmas;
  diffusion::SampleOptions options;  ///< complete but for noise, on_step and unconditional
  diffusion::NoiseKind noise;        ///< what the run draws from

  int steps() const { return int(sigmas.size()) - 1; }
  /// Denoiser calls that schedules in prompts count with: those of the asked steps, whatever the levels make of them.
  int planned_calls = 0;
  /// Runs the sampler on unit noise of a batch.
  Tensor sample(const diffusion::Denoiser& denoise, const Tensor& unit_noise,
                const diffusion::SampleOptions& run_options) const;
};

/// `schedule` is the model's and must outlive the result. Throws Error{invalid_request}.
Sampling sampling_of(const GenerateRequest& request, const diffusion::NoiseSchedule& schedule, bool is_sdxl);

/// Above this, what the network gets wrong grows visibly in the picture (measured in docs/lab).
inline constexpr double kMuchGain = 1.5;

/// How many times a run leaves the errors of the network's answers larger than they were: the larger of the gains at
/// the lowest positive level and at the end (diffusion/noise_gain.h). 0 where it cannot be known (DPM adaptive).
double error_gain(const Sampling& sampling);

}  // namespace darkroom::generate
