// The loss of pictures that are held back: never trained, always measured with the same noise.
#pragma once

#include "train/caption_encoder.h"
#include "train/lora_batch.h"
#include "train/picture_latents.h"

namespace darkroom::train {

/// After `done` steps; after epoch `epoch`, from 1: by default after each.
bool validates_at_step(const LoraTraining& options, int64_t done);
bool validates_after_epoch(const LoraTraining& options, int64_t epoch);

/// The mean over set.validation, or the first batches of it, at four timesteps spread evenly between min_timestep and
/// max_timestep. Captions are measured_caption()'s, and it is computed in the run's precision, as steps are: a caption
/// that is read here first is remembered, and a step must not find another one. `latents`: of set.validation.
double validation_loss(const LoraTraining& options, const TrainingSet& set, const PictureLatents& latents,
                       const CaptionEncoder& captions, const DenoisingTask& task);

}  // namespace darkroom::train
