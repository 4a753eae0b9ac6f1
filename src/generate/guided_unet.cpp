#include "generate/guided_unet.h"

#include "diffusion/guidance.h"

namespace darkroom::generate {
namespace {

using models::Conditioning;

/// For `batch` pictures.
Conditioning repeated(const Conditioning& one, int64_t batch) {
  return {one.context.expand({batch, -1, -1}), one.vector.defined() ? one.vector.expand({batch, -1}) : Tensor()};
}

Conditioning joined(const Conditioning& a, const Conditioning& b) {
  return {at::cat({a.context, b.context}), a.vector.defined() ? at::cat({a.vector, b.vector}) : Tensor()};
}

diffusion::Denoiser told(const LoadedModel::Parts& parts, Conditioning conditioning) {
  conditioning.context = conditioning.context.to(parts.unet_dtype);
  if (conditioning.vector.defined()) conditioning.vector = conditioning.vector.to(parts.unet_dtype);
  const auto network = [&parts, conditioning](const Tensor& x, const Tensor& t) {
    return parts.checkpoint.unet->forward(x.to(parts.unet_dtype), t, conditioning);
  };
  return diffusion::network_denoiser(network, parts.noise_schedule, parts.prediction);
}

}  // namespace

diffusion::Denoiser guided_unet(const LoadedModel::Parts& parts, const PromptPair& pair, double cfg_scale, int batch,
                                Tensor* unconditional) {
  const Conditioning prompt = repeated(pair.prompt, batch);
  const diffusion::Denoiser conditional = told(parts, prompt);
  if (cfg_scale == 1 && !unconditional) return conditional;
  const Conditioning negative = repeated(pair.negative, batch);
  const bool one_batch = prompt.context.size(1) == negative.context.size(1);
  const diffusion::PairDenoiser both = one_batch ? diffusion::as_one_batch(told(parts, joined(prompt, negative)))
                                                 : diffusion::as_pair(conditional, told(parts, negative));
  return unconditional ? diffusion::guided(both, cfg_scale, *unconditional)
                       : diffusion::guided(both, conditional, cfg_scale);
}

}  // namespace darkroom::generate
