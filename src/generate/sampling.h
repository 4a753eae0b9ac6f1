// How a request samples: its sampler, levels, noise and options, from the tables of diffusion/.
#pragma once

#include <vector>

#include "diffusion/partial_run.h"
#include "diffusion/run_noise.h"
#include "generate/request.h"

namespace darkroom::generate {

struct Sampling {
  diffusion::SamplerChoice choice;
  diffusion::Sigmas sigmas;          ///< that are walked; empty where a picture stays as it is
  diffusion::SampleOptions options;  ///< complete but for noise, on_step and unconditional
  diffusion::NoiseKind noise;        ///< what the run draws from
  diffusion::Sigmas whole;           ///< of the run whose end `sigmas` is: what a torchsde path spans
  double picture_noise = 0;          ///< level of the noise a picture is given to start from
  double extra_noise = 0;            ///< added to that level

  int steps() const { return sigmas.empty() ? 0 : int(sigmas.size()) - 1; }
  /// Denoiser calls that schedules in prompts count with: those of the asked steps, whatever the levels make of them.
  int planned_calls = 0;

  /// What the sampler starts from: unit noise of a batch alone, or on the latents of pictures.
  Tensor start(const Tensor& unit_noise) const;
  Tensor start(const Tensor& unit_noise, const Tensor& latents) const;
  Tensor walk(const diffusion::Denoiser& denoise, const Tensor& x, const diffusion::SampleOptions& run_options) const;
  /// Both, from noise alone.
  Tensor sample(const diffusion::Denoiser& denoise, const Tensor& unit_noise,
                const diffusion::SampleOptions& run_options) const;
};

/// `schedule` is the model's and must outlive the result. Throws Error{invalid_request}.
Sampling sampling_of(const GenerateRequest& request, const diffusion::NoiseSchedule& schedule, bool is_sdxl);

/// The same for a run that starts from a picture. `all_walked`: as many steps as the request says, of a longer run
/// (diffusion/partial_run.h). Requires: a denoising strength of 0 to 1.
Sampling sampling_from_picture(const GenerateRequest& request, const diffusion::NoiseSchedule& schedule, bool is_sdxl,
                               bool all_walked);

/// Above this, what the network gets wrong grows visibly in the picture (measured in docs/lab).
inline constexpr double kMuchGain = 1.5;

/// How many times a run leaves the errors of the network's answers larger than they were: the larger of the gains at
/// the lowest positive level and at the end (diffusion/noise_gain.h). 0 where it cannot be known (DPM adaptive).
double error_gain(const Sampling& sampling);

}  // namespace darkroom::generate
