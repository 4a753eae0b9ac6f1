// What training a UNet minimises: a loss per value, averaged over each picture, weighted by its timestep.
// Sources of truth: sd-scripts, library/train_util.py conditional_loss, get_huber_threshold_if_needed,
// library/custom_train_functions.py; min-SNR: arXiv 2303.09556.
#pragma once

#include <string>

#include "base/tensor.h"
#include "diffusion/parameterization.h"
#include "train/training_options.h"

namespace darkroom::train {

/// Throws Error{invalid_request} for unknown names, a negative number, and for what acts on the other prediction only.
void check(const DenoisingLoss& loss, diffusion::Prediction prediction);

/// Per picture, without its weight: [B]. `predicted`, `target` [B,C,H,W] float; `mask` [B,1,H,W] in 0..1 or undefined;
/// `t` [B] whole timesteps; `sigma` [B] their noise levels.
Tensor unweighted_loss(const DenoisingLoss& loss, const Tensor& predicted, const Tensor& target, const Tensor& mask,
                       const Tensor& t, const Tensor& sigma);

/// What each picture's loss is multiplied with: [B]. The signal-to-noise ratio is 1 / sigma^2.
Tensor timestep_weight(const DenoisingLoss& loss, diffusion::Prediction prediction, const Tensor& sigma);

/// eps for latents [B,C,H,W], float: standard normal, with the parts above.
Tensor training_noise(const TrainingNoise& options, const Tensor& latents, at::Generator& generator);

}  // namespace darkroom::train
