#include "diffusion/run_noise.h"

namespace darkroom::diffusion {

NoiseKind effective_noise(const SamplerInfo& sampler, NoiseKind asked) {
  if (sampler.noise != NoiseUse::path) return NoiseKind::sequential;
  if (asked != NoiseKind::reference) return asked;
  return sampler.is_brownian ? NoiseKind::torchsde : NoiseKind::sequential;
}

RunNoise::RunNoise(const SamplerInfo& sampler, NoiseKind kind, double eta, const std::vector<std::uint64_t>& seeds,
                   const std::vector<std::int64_t>& shape, const Sigmas& sigmas, const ImageNoiseOptions& options)
    : images_(seeds, shape, options) {
  const NoiseKind effective = effective_noise(sampler, kind);
  if (effective == NoiseKind::torchsde) tree_.emplace(seeds, shape, sigmas, options.source);
  if (effective != NoiseKind::brownian || eta == 0) return;  // at eta 0 nothing of it is used
  std::vector<std::uint64_t> path_seeds;
  for (const std::uint64_t seed : seeds) path_seeds.push_back(seed + options.seed_delta);
  path_.emplace(path_seeds, shape, eta);
}

NoiseSource RunNoise::source() {
  if (tree_) return tree_->source();
  if (path_) return path_->source();
  return images_.source();
}

}  // namespace darkroom::diffusion
