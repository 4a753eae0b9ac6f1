// Training pictures as latents. Where nothing about a picture changes from use to use it is encoded once; kept are the
// mean and the deviation of its latents, so that every use draws its own.
#pragma once

#include <vector>

#include "base/tensor.h"
#include "models/vae.h"
#include "train/latent_cache.h"
#include "train/training_pictures.h"

namespace darkroom::train {

class PictureLatents {
 public:
  /// Encodes all pictures unless the options change them at each use, or finds them in latent_cache_dir;
  /// `on_picture(done, all)` is called after each. `vae` and `pictures` must outlive it. Throws Error naming the
  /// picture.
  PictureLatents(const LoraTraining& options, models::AutoencoderKL& vae, const std::vector<TrainingPicture>& pictures,
                 const std::function<void(int64_t, int64_t)>& on_picture);

  struct Use {
    Tensor latents;  ///< [C, H/8, W/8], as the UNet sees them
    Tensor mask;     ///< [1, H/8, W/8] in 0..1; undefined without masks
    Crop crop;       ///< upper left corner of what is seen, in the scaled picture, mirrored as it is used
  };
  /// One use of picture `index`; what is random about it comes from `draws`.
  Use use(int64_t index, at::Generator& draws) const;
  /// The same with the mean latents and nothing random.
  Use plain_use(int64_t index) const;

 private:
  EncodedPicture kept_or_encoded(const TrainingPicture& picture, ScaledPicture& scaled, bool is_flipped) const;
  MaskUse mask_of(const TrainingPicture& picture) const;
  EncodedPicture encoded(const ScaledPicture& scaled, const TrainingPicture& picture, const Crop& crop,
                         bool is_flipped) const;
  Use drawn(const EncodedPicture& encoded, at::Generator& draws) const;

  const LoraTraining& options_;
  models::AutoencoderKL& vae_;
  LatentCache cache_;
  const std::vector<TrainingPicture>& pictures_;
  bool needs_masks_ = false;
  std::vector<EncodedPicture> plain_, flipped_;  // empty ones where a picture changes at each use, or is not mirrored
};

}  // namespace darkroom::train
