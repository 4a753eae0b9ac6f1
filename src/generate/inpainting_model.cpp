#include "generate/inpainting_model.h"

#include "generate/latents.h"

namespace darkroom::generate {

Tensor shown_channels(const LoadedModel::Parts& parts, const Tensor& picture, const Tensor& hidden, double weight,
                      const Tensor& latents) {
  const Tensor mask = hidden.defined() ? hidden : at::ones({1, 1, picture.size(2), picture.size(3)});
  const std::vector<int64_t> size = {latents.size(2), latents.size(3)};
  Tensor seen = encoded(parts, at::lerp(picture, picture * (1 - mask), weight));
  // Resize mode latent, where the reference fails.
  if (seen.sizes().slice(2) != at::IntArrayRef(size)) seen = at::upsample_bilinear2d(seen, size, false);
  const Tensor small = at::upsample_nearest2d(mask, size);
  return at::cat({small.expand({seen.size(0), -1, -1, -1}), seen}, 1);
}

Tensor shown_nothing(const LoadedModel::Parts& parts, int64_t height, int64_t width) {
  const Tensor seen = encoded(parts, at::zeros({1, 3, height, width}));
  return at::cat({at::ones_like(seen.narrow(1, 0, 1)), seen}, 1);
}

}  // namespace darkroom::generate
