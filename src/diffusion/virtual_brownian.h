// Our own noise for every stochastic sampler: increments of one Brownian path per image whose time is the reverse
// process's own clock, (1 - sigma^(-2 eta)) / (2 eta), in which the noise of two steps adds up to that of one. A path
// depends on its seed alone: not on the levels of a run, their ends or their number, nor on the machine. More steps
// then refine one picture, and different samplers agree on it.
#pragma once

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "diffusion/noise.h"

namespace darkroom::diffusion {

/// One path over ln(sigma) in [-12, 12], a dyadic tree of depth 25 without a state: every node's random numbers are
/// philox(seed, node, element). Levels are taken at the tree's nearest lattice point, 7e-7 apart in ln(sigma).
class VirtualBrownianPath {
 public:
  /// Of `elements` values of the latent, the first of which is `first_element`, a multiple of 4. eta: of the sampler,
  /// which sets the clock. Requires: 0 < eta <= 4.
  VirtualBrownianPath(std::uint64_t seed, std::int64_t elements, double eta = 1, std::int64_t first_element = 0);

  /// The path's increment over the levels from `sigma` to `next` (either may be the higher), divided by the root of its
  /// length: unit normal, float32. Increments over intervals that do not overlap are independent. Levels nearer than
  /// the lattice count as one lattice step. Requires: both above 0.
  std::vector<float> increment(double sigma, double next);

 private:
  struct Node {
    std::uint32_t begin, end;  // lattice points
    std::vector<float> w_begin, w_end;
  };

  double time(std::uint32_t point) const;
  /// The path at a lattice point.
  std::vector<float> value(std::uint32_t point);
  /// The same, descending from the nodes that were passed last.
  std::vector<float> found(std::uint32_t point);
  std::vector<float> bridge(const Node& node, std::uint32_t middle, std::uint32_t depth) const;

  std::uint64_t seed_;
  std::int64_t elements_, first_element_;
  double eta_;
  std::vector<Node> nodes_;  // from the root down to where the last value was found
  // Samplers ask for two intervals that begin at one level; the descent to it is not made again.
  std::array<std::pair<std::uint32_t, std::vector<float>>, 3> recent_ = {
      {{kNowhere, {}}, {kNowhere, {}}, {kNowhere, {}}}};
  size_t oldest_ = 0;
  static constexpr std::uint32_t kNowhere = ~std::uint32_t(0);
};

/// The paths of a batch. Not copyable: they remember.
class VirtualBrownianNoise {
 public:
  /// One path per seed. `shape`: one image's latent, [C,H,W].
  VirtualBrownianNoise(const std::vector<std::uint64_t>& seeds, std::vector<std::int64_t> shape, double eta = 1);
  VirtualBrownianNoise(const VirtualBrownianNoise&) = delete;
  VirtualBrownianNoise& operator=(const VirtualBrownianNoise&) = delete;

  /// Valid while this object lives.
  NoiseSource source();

 private:
  struct Share {
    std::int64_t place;  // in the batch, flattened
    VirtualBrownianPath path;
  };

  std::vector<std::int64_t> batch_shape_;
  std::vector<Share> shares_;  // each image in pieces that threads work off
};

}  // namespace darkroom::diffusion
