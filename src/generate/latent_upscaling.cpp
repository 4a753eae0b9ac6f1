#include "generate/latent_upscaling.h"

#include "diffusion/nearest_names.h"

namespace darkroom::generate {
namespace {

using Size = at::IntArrayRef;

struct LatentUpscaler {
  std::string name;
  Tensor (*enlarged)(const Tensor& latents, Size size);
};

const std::vector<LatentUpscaler>& table() {
  static const std::vector<LatentUpscaler> rows = {
      {"Latent", [](const Tensor& x, Size size) { return at::upsample_bilinear2d(x, size, false); }},
      {"Latent (antialiased)", [](const Tensor& x, Size size) { return at::_upsample_bilinear2d_aa(x, size, false); }},
      {"Latent (bicubic)", [](const Tensor& x, Size size) { return at::upsample_bicubic2d(x, size, false); }},
      {"Latent (bicubic antialiased)",
       [](const Tensor& x, Size size) { return at::_upsample_bicubic2d_aa(x, size, false); }},
      {"Latent (nearest)", [](const Tensor& x, Size size) { return at::upsample_nearest2d(x, size); }},
      {"Latent (nearest-exact)", [](const Tensor& x, Size size) { return at::_upsample_nearest_exact2d(x, size); }},
  };
  return rows;
}

const LatentUpscaler* known(const std::string& name) {
  for (const LatentUpscaler& row : table())
    if (diffusion::same_name(name, row.name)) return &row;
  return nullptr;
}

}  // namespace

std::vector<std::string> latent_upscaler_names() {
  std::vector<std::string> names;
  for (const LatentUpscaler& row : table()) names.push_back(row.name);
  return names;
}

bool is_latent_upscaler(const std::string& name) {
  return known(name) != nullptr;
}

Tensor enlarged_latents(const Tensor& latents, const std::string& name, int64_t height, int64_t width) {
  const LatentUpscaler* upscaler = known(name);
  TORCH_CHECK(upscaler, "enlarged_latents: ", name, " is none");
  return upscaler->enlarged(latents.contiguous(), {height, width});
}

}  // namespace darkroom::generate
