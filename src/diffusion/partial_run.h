// Runs that start from a picture: which part of a whole run is walked, and how much noise the picture gets first.
// Source of truth: A1111, modules/sd_samplers_common.py (setup_img2img_steps), sd_samplers_kdiffusion.py and
// sd_samplers_timesteps.py (sample_img2img).
#pragma once

#include "diffusion/samplers.h"

namespace darkroom::diffusion {

struct PartialSteps {
  int whole = 0;   ///< steps of the run of which the end is walked
  int encode = 0;  ///< A1111's t_enc: one less than the steps walked; timestep samplers count their grid with it
  bool operator==(const PartialSteps&) const = default;
};

/// Of `steps` steps the share `strength`, 0 to 1. `all_walked`: as many steps as were asked for are walked, of a run
/// that is so much longer; at strength 0 none is ({0, steps - 1}).
PartialSteps partial_steps(int steps, double strength, bool all_walked);

struct PartialLevels {
  Sigmas whole;      ///< of the whole run, which a torchsde path spans
  Sigmas walked;     ///< its end; empty where nothing is to be done
  double noise = 0;  ///< the level of the noise a latent is given before
};

/// The levels of such a run. Of samplers with levels of their own the noise is one grid entry above the first level
/// they walk, as in the reference. Throws Error{invalid_request} as run_sigmas does.
PartialLevels partial_levels(const SamplerChoice& choice, const NoiseSchedule& schedule, const PartialSteps& steps,
                             const SigmaOptions& options = {}, bool always_discards = false);

/// What a latent becomes to start from: with `levels.noise` and `extra` times the unit noise, in the scaling the
/// sampler takes.
Tensor noised(const Tensor& latent, const Tensor& unit_noise, const SamplerChoice& choice, const PartialLevels& levels,
              double extra = 0);

}  // namespace darkroom::diffusion
