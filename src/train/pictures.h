// Cut-out pictures as training examples of a VAE.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "base/tensor.h"
#include "train/dataset.h"

namespace darkroom::train {

/// RGBA pictures held in memory as bytes.
class Cutouts {
 public:
  /// Reads the dataset's training or validation cut-outs.
  Cutouts(const Dataset& dataset, bool validation);

  int64_t size() const { return rgba_.size(0); }

  /// Picture `index` over a flat colour: [3, S, S] in [-1, 1]. colour: red, green, blue in [0, 1].
  Tensor over_colour(int64_t index, const std::array<double, 3>& colour) const;

  /// A batch of random crops over random backgrounds (a share of them white), half of them mirrored: [B, 3, crop,
  /// crop].
  Tensor random_crops(int64_t batch, int64_t crop, double white_share, at::Generator& generator) const;

 private:
  Tensor rgba_;  ///< [N, S, S, 4] uint8
};

/// A random colour: white with the given probability, else uniform.
std::array<double, 3> random_colour(double white_share, at::Generator& generator);

/// An RGB picture as [3, H, W] in [-1, 1].
Tensor picture_tensor(const Image& image);

}  // namespace darkroom::train
