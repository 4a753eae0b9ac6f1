// Encoded pictures on disk, found by what they were made of: the picture's bytes, how it was scaled and cut, and the
// VAE. What is changed is encoded anew, so nothing in it can be stale.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/tensor.h"
#include "layers/module.h"
#include "train/training_pictures.h"

namespace darkroom::train {

/// A picture's latents before they are drawn from; unscaled.
struct EncodedPicture {
  Tensor mean, deviation;  ///< [C, H/8, W/8]
  Tensor mask;             ///< [1, H/8, W/8] in 0..1, or undefined
  Crop crop;
};

/// Which parts of a picture count in the loss.
enum class MaskUse { none, ones, alpha };

class LatentCache {
 public:
  /// An empty folder keeps nothing. `vae`: whose weights the keys hold.
  LatentCache(std::filesystem::path folder, layers::Module& vae);

  std::string key(const TrainingPicture& picture, const Crop& crop, bool is_flipped, MaskUse mask,
                  const std::string& background) const;
  /// Nothing where it is not there, or is damaged (which is logged).
  std::optional<EncodedPicture> find(const std::string& key, const Crop& crop) const;
  /// Throws Error{io}.
  void keep(const std::string& key, const EncodedPicture& encoded) const;

 private:
  std::filesystem::path folder_;
  std::string vae_hash_;
};

}  // namespace darkroom::train
