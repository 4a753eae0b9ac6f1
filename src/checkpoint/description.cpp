#include "checkpoint/description.h"

#include <algorithm>

#include "base/error.h"

namespace darkroom::checkpoint {
namespace {

// Above these, a size comes from a damaged file. SDXL has 1280 channels, depth 10, 32 layers and 49408 tokens.
constexpr int64_t kWidest = 16384, kDeepest = 128, kMostTokens = 1 << 20;

void check_range(std::string_view what, int64_t value, int64_t least, int64_t most) {
  require(value >= least && value <= most, ErrorKind::corrupt_file, "{} must be {} to {}, found {}", what, least, most,
          value);
}

void check_divides(std::string_view what, int64_t part, int64_t whole) {
  require(part > 0 && whole % part == 0, ErrorKind::corrupt_file, "{} must divide its {} channels, found {}", what,
          whole, part);
}

}  // namespace

Family family_of(const ModelDescription& model) {
  if (model.unet.vector > 0) return Family::sdxl;
  const bool open_clip =
      !model.text_encoders.empty() && model.text_encoders[0].config.activation == models::TextActivation::gelu;
  return open_clip ? Family::sd2 : Family::sd1;
}

std::string_view family_name(Family family) {
  switch (family) {
    case Family::sd1:
      return "SD 1.x";
    case Family::sd2:
      return "SD 2.x";
    case Family::sdxl:
      return "SDXL";
  }
  fail(ErrorKind::internal, "family {}: has no name", int(family));
}

void check_sizes(const models::UNetConfig& unet) {
  const size_t levels = unet.channels.size();
  require(levels >= 1 && levels <= 8 && unet.depth.size() == levels && unet.heads.size() == levels,
          ErrorKind::corrupt_file, "unet: must have 1 to 8 levels, with a depth and a number of heads each, found {}",
          levels);
  check_range("unet: input channels", unet.in_channels, 1, kWidest);
  check_range("unet: output channels", unet.out_channels, 1, kWidest);
  check_range("unet: residual blocks per level", unet.res_blocks, 1, kDeepest);
  check_range("unet: depth of the middle", unet.middle_depth, 0, kDeepest);
  check_range("unet: width of the context", unet.context, 1, kWidest);
  check_range("unet: width of the vector", unet.vector, 0, kWidest);
  check_range("unet: channels of the first level", unet.channels[0], 2, kWidest);
  require(unet.channels[0] % 2 == 0, ErrorKind::corrupt_file,
          "unet: channels of the first level must be even, found {}", unet.channels[0]);
  for (size_t i = 0; i < levels; ++i) {
    check_range("unet: channels of a level", unet.channels[i], 1, kWidest);
    check_range("unet: depth of a level", unet.depth[i], 0, kDeepest);
    check_divides("unet: groups of a normalisation", unet.groups, unet.channels[i]);
    const bool attends = unet.depth[i] > 0 || (i + 1 == levels && unet.middle_depth > 0);
    if (attends) check_divides("unet: heads of a level", unet.heads[i], unet.channels[i]);
  }
}

void check_sizes(const models::VaeConfig& vae) {
  require(!vae.channels.empty() && vae.channels.size() <= 8, ErrorKind::corrupt_file,
          "vae: must have 1 to 8 levels, found {}", vae.channels.size());
  check_range("vae: latent channels", vae.latent_channels, 1, 256);
  check_range("vae: residual blocks per level", vae.res_blocks, 1, kDeepest);
  for (const int64_t channels : vae.channels) {
    check_range("vae: channels of a level", channels, 1, kWidest);
    check_divides("vae: groups of a normalisation", vae.groups, channels);
  }
  require(vae.scale > 0 && vae.scale < 1e6, ErrorKind::corrupt_file,
          "vae: the scale of the latents must be above 0, found {}", vae.scale);
}

void check_sizes(const models::ClipTextConfig& text) {
  check_range("text encoder: vocabulary", text.vocabulary, 1, kMostTokens);
  check_range("text encoder: width", text.width, 1, kWidest);
  check_range("text encoder: inner width", text.inner, 1, 4 * kWidest);
  check_range("text encoder: layers", text.layers, 1, kDeepest);
  check_range("text encoder: positions", text.positions, 1, kWidest);
  check_range("text encoder: width of the projection", text.projection, 0, kWidest);
  check_divides("text encoder: heads", text.heads, text.width);
  require(text.eps > 0 && text.eps < 1, ErrorKind::corrupt_file,
          "text encoder: eps of the layer normalisation must be between 0 and 1, found {}", text.eps);
}

void check_parts(const ModelDescription& model) {
  const auto& encoders = model.text_encoders;
  const size_t wanted = model.family == Family::sdxl ? 2 : 1;
  require(encoders.size() == wanted, ErrorKind::unsupported, "{} model: must have {} text encoders, found {}",
          family_name(model.family), wanted, encoders.size());
  int64_t context = 0;
  for (const auto& encoder : encoders) context += encoder.config.width;
  require(context == model.unet.context, ErrorKind::corrupt_file,
          "{} model: the text encoders give a context of width {} but the UNet takes {}", family_name(model.family),
          context, model.unet.context);
  if (model.family == Family::sdxl) {
    const int64_t pooled = encoders[1].config.projection, sizes = 6 * model.size_embedding;
    require(
        pooled > 0 && model.size_embedding > 0 && model.size_embedding % 2 == 0 && pooled + sizes == model.unet.vector,
        ErrorKind::unsupported,
        "SDXL model: the pooled text ({}) and six sizes ({} each) must make the UNet's vector, found {}; a refiner?",
        pooled, model.size_embedding, model.unet.vector);
  }
  require(model.unet.out_channels == model.vae.latent_channels, ErrorKind::corrupt_file,
          "{} model: the UNet answers {} channels but the VAE has {}", family_name(model.family),
          model.unet.out_channels, model.vae.latent_channels);
  require(model.unet.in_channels == model.vae.latent_channels || model.is_inpainting(), ErrorKind::unsupported,
          "{} model: the UNet must take {} channels, or {} for inpainting, found {}; a depth or edit model?",
          family_name(model.family), model.vae.latent_channels, 2 * model.vae.latent_channels + 1,
          model.unet.in_channels);
}

}  // namespace darkroom::checkpoint
