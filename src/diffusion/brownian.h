// The noise of the SDE samplers: increments of one Brownian path per image, whose time is sigma. A path depends on its
// seed and its ends alone, not on where it is asked, so that more steps refine the same picture.
// Source of truth: torchsde, _brownian/brownian_interval.py (BrownianTree), as k-diffusion's BrownianTreeNoiseSampler
// and A1111's create_noise_sampler use it.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "diffusion/noise.h"
#include "diffusion/sigmas.h"

namespace darkroom::diffusion {

/// One path, bit for bit torchsde's: a tree that halves its interval down to 1e-6, each half with a seed of its own.
class BrownianPath {
 public:
  /// From `start` to `end` in time; `shape` of its values. Requires: start < end.
  BrownianPath(std::uint64_t seed, std::vector<std::int64_t> shape, double start, double end,
               RandomSource source = RandomSource::cpu);
  ~BrownianPath();
  BrownianPath(BrownianPath&&) noexcept;

  /// W(b) - W(a) for a <= b, float32. What lies outside the path's interval adds nothing.
  Tensor increment(double a, double b);

  /// Forgets what increments above `time` needed; asking there again computes it anew, with the same result.
  void forget_above(double time);

 private:
  struct Node;

  Tensor draw(std::uint32_t seed) const;
  void split(Node& node) const;
  void add_covering(Node& node, double a, double b, Tensor& sum) const;

  std::uint64_t seed_;
  std::vector<std::int64_t> shape_;
  RandomSource source_;
  std::unique_ptr<Node> root_;
};

/// The paths of a batch. Not copyable: they remember.
class BrownianNoise {
 public:
  /// One path per seed, over the positive levels of `sigmas`. `shape`: one image's latent, [C,H,W].
  BrownianNoise(const std::vector<std::uint64_t>& seeds, const std::vector<std::int64_t>& shape, const Sigmas& sigmas,
                RandomSource source = RandomSource::cpu);
  BrownianNoise(const BrownianNoise&) = delete;
  BrownianNoise& operator=(const BrownianNoise&) = delete;

  /// The path's increment from sigma to next, divided by the root of its length: unit noise. Valid while this object
  /// lives.
  NoiseSource source();

 private:
  std::vector<BrownianPath> paths_;
};

}  // namespace darkroom::diffusion
