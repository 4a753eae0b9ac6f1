#include "generate/starting_point.h"

#include "base/error.h"
#include "diffusion/noise.h"
#include "generate/inpainting_model.h"
#include "generate/latents.h"
#include "generate/picture_choices.h"
#include "generate/tensor_image.h"
#include "imaging/resize.h"

namespace darkroom::generate {
namespace {

/// A grey picture as [1, 1, H, W] of 0 to 1; `rounded` to one of the two.
Tensor share_of(const Image& grey, bool rounded) {
  const Tensor share = (image_tensor(grey) + 1) / 2;
  return rounded ? share.round() : share;
}

Tensor start_latents(const LoadedModel::Parts& parts, const GenerateRequest& request, const Tensor& picture) {
  const int64_t least = parts.checkpoint.vae->config.reduction();
  require(picture.size(2) >= least && picture.size(3) >= least, ErrorKind::invalid_request,
          "--resize-mode {}: the picture must have at least {} pixels on each side, it has {}x{}; try another mode",
          request.resize_mode, least, picture.size(3), picture.size(2));
  const Tensor latents = encoded(parts, picture);
  const auto shape = latent_shape(parts, request);
  if (latents.size(2) == shape[1] && latents.size(3) == shape[2]) return latents;
  return at::upsample_bilinear2d(latents, {shape[1], shape[2]}, /*align_corners=*/false);  // resize mode latent
}

/// What the masked part holds before noise is added, where that is no picture.
Tensor with_content(const Tensor& latents, const Tensor& share, const GenerateRequest& request,
                    const std::vector<uint64_t>& seeds) {
  const auto content = MaskedContent(choice_named(masked_content_names(), request.masked_content));
  if (content == MaskedContent::latent_nothing) return latents * (1 - share);
  if (content != MaskedContent::latent_noise) return latents;
  // Parity: the noise is that of the first batch, in every batch.
  diffusion::ImageNoise noise(seeds, latents[0].sizes().vec(), {.source = diffusion::random_source_named(request.rng)});
  return latents * (1 - share) + noise.first() * share;
}

}  // namespace

StartingPoint StartingPoint::of_picture(int64_t i) const {
  const auto one = [i](const Tensor& of_batch) {
    return of_batch.defined() && of_batch.size(0) > 1 ? of_batch.narrow(0, i, 1) : of_batch;
  };
  StartingPoint point{.latents = one(latents), .mask = mask, .shown = one(shown), .noise_multiplier = noise_multiplier};
  if (point.mask) point.mask = diffusion::LatentMask{one(mask->share), one(mask->kept)};
  return point;
}

StartingPoint starting_point(const LoadedModel::Parts& parts, const GenerateRequest& request, const Canvas& canvas,
                             const std::vector<uint64_t>& seeds) {
  const Tensor picture = image_tensor(canvas.picture);
  StartingPoint point{.latents = start_latents(parts, request, picture),
                      .mask = {},
                      .shown = {},
                      .noise_multiplier = request.initial_noise_multiplier};
  Tensor hidden;
  if (canvas.mask) {
    const Image small = imaging::resized(*canvas.mask, int(point.latents.size(3)), int(point.latents.size(2)),
                                         imaging::Resample::bicubic);
    const Tensor share = share_of(small, request.mask_round);
    point.latents = with_content(point.latents, share, request, seeds);
    point.mask = diffusion::LatentMask{share, point.latents};
    hidden = share_of(*canvas.mask, request.mask_round);
  }
  if (parts.checkpoint.description.is_inpainting())
    point.shown = shown_channels(parts, picture, hidden, request.inpainting_mask_weight, point.latents);
  return point;
}

}  // namespace darkroom::generate
