// What several samplers share. Letters as in k-diffusion: d is the slope dx/dsigma.
#pragma once

#include <algorithm>
#include <cmath>

#include "diffusion/samplers.h"

namespace darkroom::diffusion {

inline Tensor to_d(const Tensor& x, double sigma, const Tensor& denoised) {
  return (x - denoised) / sigma;
}

/// A step sigma -> next split in two: down to the level `down`, then noise of deviation `up`; down^2 + up^2 = next^2.
struct AncestralStep {
  double down, up;
};

/// `eta` scales `up`, which is at most `next`. Requires: sigma > next >= 0.
inline AncestralStep ancestral_step(double sigma, double next, double eta) {
  const double full = next * std::sqrt((sigma * sigma - next * next) / (sigma * sigma));
  const double up = std::min(next, eta * full);
  return {std::sqrt(next * next - up * up), up};
}

/// The Lagrange polynomial of `places` that is 1 at places[j] and 0 at the others, at `place`.
inline double lagrange(const std::vector<double>& places, size_t j, double place) {
  double product = 1;
  for (size_t k = 0; k < places.size(); ++k) {
    if (k != j) product *= (place - places[k]) / (places[j] - places[k]);
  }
  return product;
}

/// A latent and its level, after a step's churn raised both.
struct Churned {
  Tensor x;
  double sigma;
};

/// Karras et al. 2022, algorithm 2, lines 4 to 6, for step i of the run. Draws even when nothing is added, as the
/// reference does: it sets what later users of the generators get.
inline Churned churned(const Tensor& x, const Sigmas& sigmas, size_t i, const SampleOptions& options) {
  const bool churns = options.s_tmin <= sigmas[i] && sigmas[i] <= options.s_tmax;
  const double gamma = churns ? std::min(options.s_churn / (sigmas.size() - 1), std::sqrt(2.0) - 1) : 0;
  const double sigma = sigmas[i] * (1 + gamma);
  const Tensor noise = options.noise(sigmas[i], sigmas[i + 1]);
  if (gamma == 0) return {x, sigma};
  return {x + noise * (options.s_noise * std::sqrt(sigma * sigma - sigmas[i] * sigmas[i])), sigma};
}

}  // namespace darkroom::diffusion
