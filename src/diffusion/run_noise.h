// All the noise of a batch: what it starts from and what is drawn while sampling, of the kind that was chosen.
#pragma once

#include <optional>

#include "diffusion/brownian.h"
#include "diffusion/samplers.h"
#include "diffusion/virtual_brownian.h"

namespace darkroom::diffusion {

/// What a run draws from, by what was asked and what the sampler can use: a path only where its noise is a path's.
NoiseKind effective_noise(const SamplerInfo& sampler, NoiseKind asked);

/// Not copyable: its generators have one state.
class RunNoise {
 public:
  /// `shape`: one image's latent, [C,H,W]. eta: the run's, for the clock of our path.
  RunNoise(const SamplerInfo& sampler, NoiseKind kind, double eta, const std::vector<std::uint64_t>& seeds,
           const std::vector<std::int64_t>& shape, const Sigmas& sigmas, const ImageNoiseOptions& options = {});
  RunNoise(const RunNoise&) = delete;
  RunNoise& operator=(const RunNoise&) = delete;

  /// The noise to start from; call it once, before sampling.
  Tensor first() { return images_.first(); }
  /// For SampleOptions::noise. Valid while this object lives.
  NoiseSource source();

 private:
  ImageNoise images_;
  std::optional<BrownianNoise> tree_;
  std::optional<VirtualBrownianNoise> path_;
};

}  // namespace darkroom::diffusion
