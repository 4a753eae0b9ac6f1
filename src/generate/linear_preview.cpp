#include "generate/linear_preview.h"

#include <ATen/CPUGeneratorImpl.h>

#include "generate/tensor_image.h"

namespace darkroom::generate {
namespace {

constexpr int64_t kPlaces = 16, kPatches = 4;  // per side
constexpr double kSpread = 1.5;                // between patches values are averages: about one again

/// Patches of colours that go over into each other, as in pictures.
Tensor smooth_latent(int64_t channels) {
  const at::Generator own = at::make_generator<at::CPUGeneratorImpl>(uint64_t(7));  // nobody else's numbers move on
  const Tensor patches = at::randn({1, channels, kPatches, kPatches}, own);
  return at::upsample_bilinear2d(patches, {kPlaces, kPlaces}, /*align_corners=*/false) * kSpread;
}

/// [1, C, h, w] to [h * w, C] in fp64.
Tensor rows(const Tensor& maps) {
  return maps[0].flatten(1).t().to(at::kDouble);
}

}  // namespace

LinearPreview fitted_preview(const std::function<Tensor(const Tensor&)>& decode, int64_t channels, int64_t reduction) {
  const Tensor latent = smooth_latent(channels);
  const Tensor colours = rows(at::avg_pool2d(decode(latent), reduction));
  const Tensor places = at::cat({rows(latent), at::ones({kPlaces * kPlaces, 1}, at::kDouble)}, 1);
  const Tensor fit = at::linalg_solve(places.t().mm(places), places.t().mm(colours)).to(at::kFloat);  // [C + 1, 3]
  return {fit.narrow(0, 0, channels).t().contiguous(), fit[channels].contiguous(), reduction};
}

Image linear_picture(const LinearPreview& preview, const Tensor& latent) {
  const int64_t height = latent.size(1), width = latent.size(2);
  const Tensor colours = at::addmm(preview.bias.unsqueeze(1), preview.weight, latent.flatten(1));
  const Tensor small = colours.view({1, 3, height, width});
  return tensor_image(at::upsample_bilinear2d(small, {height * preview.reduction, width * preview.reduction},
                                              /*align_corners=*/false)[0]);
}

}  // namespace darkroom::generate
