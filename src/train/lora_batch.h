// One batch of a LoRA run and its loss: the training step itself, without optimizer and files.
// Source of truth: sd-scripts, train_network.py process_batch; draws are counter-based (random.h), so the numbers
// differ.
#pragma once

#include "checkpoint/load.h"
#include "diffusion/noise_schedule.h"
#include "diffusion/parameterization.h"
#include "train/caption_encoder.h"
#include "train/lora_network.h"
#include "train/lora_training.h"
#include "train/picture_latents.h"

namespace darkroom::train {

/// Everything the UNet is trained with in a batch: pictures as latents, what is said of them, and how much each counts.
struct LoraBatch {
  Tensor latents;                     ///< [B, C, h, w]
  Tensor mask;                        ///< [B, 1, h, w] or undefined
  std::vector<std::string> captions;  ///< of its pictures, as they were read this time
  models::Conditioning conditioning;
  Tensor weight;  ///< [B]: 1, of regularisation pictures prior_loss_weight
};

/// What SDXL is told of a picture: its own size, where it was cut, what is trained.
prompt::PictureSizes told_sizes(const TrainingPicture& picture, const Crop& crop);

/// Noise and timesteps of a batch.
struct LoraNoise {
  Tensor noise;     ///< [B, C, h, w], what the UNet must find
  Tensor added;     ///< what is added to the latents: `noise`, and a little more with ip_noise_gamma
  Tensor timestep;  ///< [B] int64
};

class DenoisingTask {
 public:
  /// Throws Error{invalid_request} where the options do not fit the model: its prediction, an inpainting model.
  DenoisingTask(const LoraTraining& options, const checkpoint::Checkpoint& model);

  LoraNoise noise_for(const Tensor& latents, at::Generator& draws) const;

  struct Losses {
    Tensor mean;         ///< what is minimised: a scalar
    Tensor per_picture;  ///< [B], unweighted, without gradients
  };
  Losses losses(const LoraBatch& batch, const LoraNoise& noise) const;

  diffusion::Prediction prediction() const { return prediction_; }

 private:
  const LoraTraining& options_;
  const models::UNet& unet_;
  diffusion::Prediction prediction_;
  Tensor sigmas_;         // [T]
  Tensor weight_sigmas_;  // [T]: of the schedule before it is stretched to zero terminal SNR
};

}  // namespace darkroom::train
