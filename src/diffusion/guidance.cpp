#include "diffusion/guidance.h"

#include <vector>

namespace darkroom::diffusion {

Denoiser guided(Denoiser conditional, Denoiser unconditional, double scale) {
  PairDenoiser both = [conditional, unconditional = std::move(unconditional)](const Tensor& x, double sigma) {
    Tensor c = conditional(x, sigma);
    return std::pair(std::move(c), unconditional(x, sigma));
  };
  return guided(std::move(both), std::move(conditional), scale);
}

Denoiser guided(PairDenoiser both, Denoiser conditional, double scale) {
  // Parity: A1111 evaluates the unconditional half at scale 1 too; u + (c - u) is c but for rounding.
  if (scale == 1) return conditional;
  return [both = std::move(both), scale](const Tensor& x, double sigma) {
    const auto [c, u] = both(x, sigma);
    return u + (c - u) * scale;
  };
}

PairDenoiser as_one_batch(Denoiser doubled) {
  return [doubled = std::move(doubled)](const Tensor& x, double sigma) {
    const std::vector<Tensor> halves = doubled(at::cat({x, x}), sigma).chunk(2);
    return std::pair(halves[0], halves[1]);
  };
}

}  // namespace darkroom::diffusion
