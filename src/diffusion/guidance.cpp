#include "diffusion/guidance.h"

#include <tuple>
#include <vector>

namespace darkroom::diffusion {

PairDenoiser as_pair(Denoiser conditional, Denoiser unconditional) {
  return
      [conditional = std::move(conditional), unconditional = std::move(unconditional)](const Tensor& x, double sigma) {
        Tensor c = conditional(x, sigma);
        return std::pair(std::move(c), unconditional(x, sigma));
      };
}

Denoiser guided(Denoiser conditional, Denoiser unconditional, double scale) {
  return guided(as_pair(conditional, std::move(unconditional)), conditional, scale);
}

Denoiser guided(PairDenoiser both, Denoiser conditional, double scale) {
  // Parity: A1111 evaluates the unconditional half at scale 1 too; u + (c - u) is c but for rounding.
  if (scale == 1) return conditional;
  return [both = std::move(both), scale](const Tensor& x, double sigma) {
    const auto [c, u] = both(x, sigma);
    return u + (c - u) * scale;
  };
}

Denoiser guided(PairDenoiser both, double scale, Tensor& unconditional) {
  return [both = std::move(both), scale, &unconditional](const Tensor& x, double sigma) {
    Tensor c;
    std::tie(c, unconditional) = both(x, sigma);
    return scale == 1 ? c : unconditional + (c - unconditional) * scale;  // the same bits as without asking for it
  };
}

Denoiser rescaled(Denoiser guidance, double scale, const Tensor& unconditional, Prediction prediction, double share) {
  return [=, guidance = std::move(guidance), &unconditional](const Tensor& x, double sigma) {
    const Tensor answer = guidance(x, sigma);
    const Tensor conditional = unconditional + (answer - unconditional) / scale;
    const auto output = [&](const Tensor& denoised) { return network_output(prediction, denoised, x, sigma); };
    const auto spread = [](const Tensor& v) { return v.flatten(1).std(1).view({-1, 1, 1, 1}); };
    const Tensor guided_output = output(answer);
    const Tensor factor = spread(output(conditional)) / spread(guided_output) * share + (1 - share);
    return denoised(prediction, guided_output * factor, x, sigma);
  };
}

PairDenoiser as_one_batch(Denoiser doubled) {
  return [doubled = std::move(doubled)](const Tensor& x, double sigma) {
    const std::vector<Tensor> halves = doubled(at::cat({x, x}), sigma).chunk(2);
    return std::pair(halves[0], halves[1]);
  };
}

}  // namespace darkroom::diffusion
