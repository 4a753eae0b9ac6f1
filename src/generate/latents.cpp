#include "generate/latents.h"

#include "base/error.h"
#include "base/log.h"
#include "diffusion/nearest_names.h"
#include "formats/utf8.h"
#include "generate/precision.h"
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

models::VaeDecoding vae_decoding_named(std::string_view name) {
  using models::VaeDecoding;
  constexpr VaeDecoding kChoices[] = {VaeDecoding::automatic, VaeDecoding::whole, VaeDecoding::strips};
  const std::vector<std::string> names = vae_decoding_names();
  for (size_t i = 0; i < names.size(); ++i)
    if (diffusion::same_name(names[i], name)) return kChoices[i];
  fail(ErrorKind::invalid_request, "--vae-decoding: Automatic, Whole or Strips is needed, {} was given",
       formats::in_quotes(name));
}

Tensor encoded(const LoadedModel::Parts& parts, const Tensor& pictures) {
  // Always in fp32: what a picture starts from is worth more than the second this takes.
  const models::AutoencoderKL& vae = parts.fp32_vae();
  const at::Device device = parts.vae_dtype == at::kFloat ? parts.device_of("VAE") : at::Device(at::kCPU);
  std::vector<Tensor> latents;
  for (const Tensor& picture : pictures.split(1))
    latents.push_back(vae.encode(picture.to(device)).mean.to(at::kCPU) * vae.config.scale);
  return require_numbers(at::cat(latents), "encode the picture");
}

namespace {

Tensor decoded_by_taesd(const LoadedModel::Parts& parts, const Tensor& latent) {
  return require_numbers(parts.taesd->decode(latent.unsqueeze(0)), "decode the picture");
}

/// By the decoder that was chosen: [1, 3, H, W].
Tensor decoded_pixels(const LoadedModel::Parts& parts, const Tensor& latent) {
  if (parts.decodes_with_taesd) return decoded_by_taesd(parts, latent);
  const double scale = parts.checkpoint.vae->config.scale;
  const Tensor z = latent.unsqueeze(0) / scale;
  Tensor pixels = parts.checkpoint.vae->decode(z.to(parts.device_of("VAE"), parts.vae_dtype)).to(at::kCPU, at::kFloat);
  if (parts.vae_dtype != at::kFloat && !pixels.isfinite().all().item<bool>()) {
    log_warning(
        "the VAE cannot decode this picture in bf16; decoding it in fp32 (--vae-precision fp32 does so at once)");
    pixels = parts.fp32_vae().decode(z);
  }
  return require_numbers(pixels, "decode the picture");
}

}  // namespace

Image decoded(const LoadedModel::Parts& parts, const Tensor& latent) {
  return tensor_image(decoded_pixels(parts, latent)[0]);
}

Image preview(const LoadedModel::Parts& parts, const Tensor& latent, PreviewKind kind) {
  if (kind == PreviewKind::full) return decoded(parts, latent);
  if (parts.taesd) return tensor_image(decoded_by_taesd(parts, latent)[0]);
  if (!parts.linear_preview) {
    const models::VaeConfig& vae = parts.checkpoint.vae->config;
    parts.linear_preview = fitted_preview([&](const Tensor& z) { return decoded_pixels(parts, z[0]); },
                                          vae.latent_channels, vae.reduction());
  }
  return linear_picture(*parts.linear_preview, require_numbers(latent, "show the picture"));
}

}  // namespace darkroom::generate
