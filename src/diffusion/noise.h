// Where a run's noise comes from: one generator per image, so that a picture does not depend on its batch.
// Source of truth: A1111, modules/rng.py (ImageRNG).
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/tensor.h"

namespace darkroom::diffusion {

/// Unit noise for the step from level `sigma` to `next` < sigma, [B,C,H,W] float32. Most sources ignore the levels; a
/// Brownian path does not. Each call draws.
using NoiseSource = std::function<Tensor(double sigma, double next)>;

/// A source for runs that must not need one: throws Error{internal} when asked.
Tensor no_noise(double sigma, double next);

/// The seeds of a batch: seed, seed + 1, ... Requires: count >= 0.
std::vector<std::uint64_t> image_seeds(std::uint64_t seed, int count);

/// The noise of a batch of images. Not copyable: its generators have one state.
class ImageNoise {
 public:
  /// `shape`: one image's latent, [C,H,W]. Requires: at least one seed.
  ImageNoise(const std::vector<std::uint64_t>& seeds, std::vector<std::int64_t> shape);
  ImageNoise(const ImageNoise&) = delete;
  ImageNoise& operator=(const ImageNoise&) = delete;

  /// The noise to start from, [B,C,H,W] float32 on the CPU, unit variance. Call it once, before any next().
  Tensor first();
  /// The noise of a later step: one draw from each image's generator.
  Tensor next();
  /// next() as a NoiseSource. Valid while this object lives.
  NoiseSource source();

 private:
  Tensor draw();

  std::vector<at::Generator> generators_;
  std::vector<std::int64_t> shape_;
};

}  // namespace darkroom::diffusion
