// Pictures of a training folder, encoded by a tiny model.
#pragma once

#include "checkpoint/load.h"
#include "train/picture_latents.h"
#include "train/random.h"
#include "train/training_folder.h"

namespace darkroom::train {

/// A training's pictures as latents.
struct EncodedFolder {
  explicit EncodedFolder(const LoraTraining& told)
      : options(settled(told)),
        model(checkpoint::load_checkpoint(options.pretrained_model_name_or_path)),
        set(read_training_set(options, [](int64_t, int64_t) {})),
        latents(options, *model.vae, set.trained, [this](int64_t done, int64_t) { encoded = done; }) {}
  PictureLatents::Use use(uint64_t draw, int64_t picture = 0) const {
    at::Generator draws = generator_for(0, Purpose::picture, draw);
    return latents.use(picture, draws);
  }
  LoraTraining options;
  checkpoint::Checkpoint model;
  TrainingSet set;
  int64_t encoded = 0;
  PictureLatents latents;
};

}  // namespace darkroom::train
