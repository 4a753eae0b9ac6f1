// Where a run's noise comes from: one generator per image, so that a picture does not depend on its batch.
// Source of truth: A1111, modules/rng.py (ImageRNG).
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <variant>
#include <vector>

#include "base/tensor.h"
#include "diffusion/philox_random.h"

namespace darkroom::diffusion {

/// Unit noise for the step from level `sigma` to `next` < sigma, [B,C,H,W] float32. Most sources ignore the levels; a
/// Brownian path does not. Each call draws.
using NoiseSource = std::function<Tensor(double sigma, double next)>;

/// A source for runs that must not need one: throws Error{internal} when asked.
Tensor no_noise(double sigma, double next);

/// Whose random numbers a seed stands for: torch's on a CPU, or torch's on an NVIDIA card.
enum class RandomSource { cpu, nv };

/// By A1111's names "CPU" and "NV", in any case. Throws Error{invalid_request}.
RandomSource random_source_named(std::string_view name);

/// A generator of either kind.
class RandomGenerator {
 public:
  RandomGenerator(RandomSource source, std::uint64_t seed);
  /// The next float32 normal numbers, on the CPU.
  Tensor randn(at::IntArrayRef shape);

 private:
  std::variant<at::Generator, PhiloxGenerator> generator_;
};

/// The seeds of a batch: seed, seed + 1, ... Requires: count >= 0.
std::vector<std::uint64_t> image_seeds(std::uint64_t seed, int count);

struct ImageNoiseOptions {
  RandomSource source = RandomSource::cpu;
  /// "Eta noise seed delta": added to every seed after the first draw; 0 = the generators go on.
  std::uint64_t seed_delta = 0;
  /// Other seeds whose noise is mixed in, one per image, in the share `variation_strength` of 0 to 1.
  std::vector<std::uint64_t> variation_seeds = {};
  double variation_strength = 0;
  /// Latent size whose noise is put into the middle, so that a seed keeps its composition at another size; 0 = none.
  std::int64_t resize_from_height = 0, resize_from_width = 0;
};

/// The noise of a batch of images. Not copyable: its generators have one state.
class ImageNoise {
 public:
  /// `shape`: one image's latent, [C,H,W]. Requires: at least one seed; as many variation seeds where they count.
  ImageNoise(const std::vector<std::uint64_t>& seeds, std::vector<std::int64_t> shape, ImageNoiseOptions options = {});
  ImageNoise(const ImageNoise&) = delete;
  ImageNoise& operator=(const ImageNoise&) = delete;

  /// The noise to start from, [B,C,H,W] float32 on the CPU, unit variance. Call it once, before any next().
  Tensor first();
  /// The noise of a later step: one draw from each image's generator.
  Tensor next();
  /// next() as a NoiseSource. Valid while this object lives.
  NoiseSource source();

 private:
  Tensor first_of(size_t image);

  std::vector<std::uint64_t> seeds_;
  std::vector<std::int64_t> shape_;
  ImageNoiseOptions options_;
  std::vector<RandomGenerator> generators_;
};

}  // namespace darkroom::diffusion
