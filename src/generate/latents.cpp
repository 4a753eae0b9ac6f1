#include "generate/latents.h"

#include "base/error.h"
#include "generate/tensor_image.h"

namespace darkroom::generate {

std::vector<std::int64_t> latent_shape(const LoadedModel::Parts& parts, const GenerateRequest& request) {
  const auto& config = parts.checkpoint.vae->config;
  return {config.latent_channels, request.height / config.reduction(), request.width / config.reduction()};
}

Tensor require_numbers(Tensor x, const char* what) {
  require(
      x.isfinite().all().item<bool>(), ErrorKind::internal,
      "{}: the network answered values that are no numbers; are its weights damaged? Otherwise try --precision fp32",
      what);
  return x;
}

Tensor encoded(const LoadedModel::Parts& parts, const Tensor& pictures) {
  const models::AutoencoderKL& vae = *parts.checkpoint.vae;
  std::vector<Tensor> latents;
  for (const Tensor& picture : pictures.split(1)) latents.push_back(vae.encode(picture).mean * vae.config.scale);
  return require_numbers(at::cat(latents), "encode the picture");
}

Image decoded(const LoadedModel::Parts& parts, const Tensor& latent) {
  const models::AutoencoderKL& vae = *parts.checkpoint.vae;
  return tensor_image(require_numbers(vae.decode(latent.unsqueeze(0) / vae.config.scale), "decode the picture")[0]);
}

}  // namespace darkroom::generate
