// What several samplers share. Letters as in k-diffusion: d is the slope dx/dsigma.
#pragma once

#include <algorithm>
#include <cmath>

#include "base/tensor.h"

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

}  // namespace darkroom::diffusion
