// What training a UNet minimises: a loss per value, averaged over each picture, weighted by its timestep.
// Sources of truth: sd-scripts, library/train_util.py conditional_loss, get_huber_threshold_if_needed,
// library/custom_train_functions.py; min-SNR: arXiv 2303.09556.
#pragma once

#include <string>

#include "base/tensor.h"
#include "diffusion/parameterization.h"

namespace darkroom::train {

struct DenoisingLoss {
  std::string type = "l2";  ///< l2, l1, huber, smooth_l1
  std::string huber_schedule =
      "snr";  ///< how huber's and smooth_l1's threshold depends on t: snr, exponential, constant
  double huber_c = 0.1, huber_scale = 1;
  double min_snr_gamma = 0;                        ///< 0 = off; 5 is usual
  bool scale_v_pred_loss_like_noise_pred = false;  ///< v models only
  double v_pred_like_loss = 0;  ///< eps models only: this much of what a v model would minimise is added
  bool debiased_estimation_loss = false;
};

/// Throws Error{invalid_request} for unknown names, a negative number, and for what acts on the other prediction only.
void check(const DenoisingLoss& loss, diffusion::Prediction prediction);

/// Per picture, without its weight: [B]. `predicted`, `target` [B,C,H,W] float; `mask` [B,1,H,W] in 0..1 or undefined;
/// `t` [B] whole timesteps; `sigma` [B] their noise levels.
Tensor unweighted_loss(const DenoisingLoss& loss, const Tensor& predicted, const Tensor& target, const Tensor& mask,
                       const Tensor& t, const Tensor& sigma);

/// What each picture's loss is multiplied with: [B]. The signal-to-noise ratio is 1 / sigma^2.
Tensor timestep_weight(const DenoisingLoss& loss, diffusion::Prediction prediction, const Tensor& sigma);

/// Parts of the noise a picture is trained with, besides eps itself.
struct TrainingNoise {
  double offset = 0;  ///< lets a model learn pictures that are dark or bright all over; 0.05 to 0.1 is usual
  bool offset_random_strength = false;  ///< 0 to `offset`, drawn once per batch
  double adaptive_scale = 0;            ///< offset grows by this times |mean of the latent's channel|
  int multires_iterations = 0;          ///< 0 = off; noise of ever coarser grids, 6 to 10 is usual
  double multires_discount = 0.3;
};

/// eps for latents [B,C,H,W], float: standard normal, with the parts above.
Tensor training_noise(const TrainingNoise& options, const Tensor& latents, at::Generator& generator);

}  // namespace darkroom::train
