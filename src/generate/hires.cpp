#include "generate/hires.h"

#include <algorithm>

#include "base/error.h"
#include "generate/inpainting_model.h"
#include "generate/latent_upscaling.h"
#include "generate/latents.h"
#include "generate/tensor_image.h"

namespace darkroom::generate {
namespace {

constexpr int kMostSide = 16384;

HiresSize wanted_size(const GenerateRequest& request, int reduction) {
  const int width = request.width, height = request.height, x = request.hires_width, y = request.hires_height;
  if (x == 0 && y == 0) return {int(width * request.hires_scale), int(height * request.hires_scale), 0, 0};
  if (y == 0) return {x, int(int64_t(x) * height / width), 0, 0};
  if (x == 0) return {int(int64_t(y) * width / height), y, 0, 0};
  const bool is_narrower = double(width) / height < double(x) / y;
  const HiresSize size = is_narrower ? HiresSize{x, int(int64_t(x) * height / width), 0, 0}
                                     : HiresSize{int(int64_t(y) * width / height), y, 0, 0};
  return {size.width, size.height, (size.width - x) / reduction, (size.height - y) / reduction};
}

/// Without what stands over, the same on both sides.
Tensor cut(const Tensor& latents, const HiresSize& size) {
  const int64_t rows = latents.size(2) - size.cut_rows, columns = latents.size(3) - size.cut_columns;
  return latents.narrow(2, size.cut_rows / 2, rows).narrow(3, size.cut_columns / 2, columns);
}

/// In pictures the latents need not be asked for.
std::optional<Upscaler> picture_upscaler(const GenerateRequest& request) {
  if (is_latent_upscaler(request.hires_upscaler)) return std::nullopt;
  try {
    return std::optional<Upscaler>(std::in_place, request.hires_upscaler);
  } catch (const Error& error) {
    throw error.within("--hires-upscaler");
  }
}

Pass second_pass(const LoadedModel::Parts& parts, const GenerateRequest& request, const Sampling& first) {
  Sampling sampling = sampling_from_picture(request, *first.options.schedule, is_sdxl(parts), /*all_walked=*/true);
  const int calls = sampling.planned_calls;
  return Pass(parts, request, std::move(sampling), {first.planned_calls, calls});
}

}  // namespace

HiresSize hires_size(const GenerateRequest& request, int reduction) {
  const HiresSize size = wanted_size(request, reduction);
  const int smaller = std::min(size.width, size.height), larger = std::max(size.width, size.height);
  require(smaller >= reduction && larger <= kMostSide, ErrorKind::invalid_request,
          "--hires: both sides of the second pass must have {} to {} pixels, it would be {}x{}", reduction, kMostSide,
          size.width, size.height);
  return size;
}

GenerateRequest hires_request(const GenerateRequest& request, const HiresSize& size) {
  GenerateRequest second = request;
  second.width = size.width;
  second.height = size.height;
  if (request.hires_steps > 0) second.steps = request.hires_steps;
  if (!request.hires_sampler.empty()) second.sampler = request.hires_sampler;
  if (!request.hires_schedule.empty()) second.schedule = request.hires_schedule;
  if (!request.hires_prompt.empty()) second.prompt = request.hires_prompt;
  if (!request.hires_negative_prompt.empty()) second.negative_prompt = request.hires_negative_prompt;
  return second;
}

HiresPass::HiresPass(const LoadedModel::Parts& parts, const GenerateRequest& request, const Sampling& first)
    : parts_(parts),
      request_(hires_request(request, hires_size(request, int(parts.checkpoint.vae->config.reduction())))),
      size_(hires_size(request, int(parts.checkpoint.vae->config.reduction()))),
      upscaler_(picture_upscaler(request)),
      pass_(second_pass(parts, request_, first)) {}

Tensor HiresPass::run(const Batch& batch, const Tensor& latents) const {
  return pass_.run(batch, enlarged(latents));
}

/// Pictures of the latents, enlarged, in [-1, 1].
Tensor HiresPass::through_pictures(const Tensor& latents) const {
  std::vector<Tensor> pictures;
  for (const Tensor& latent : latents.unbind())
    pictures.push_back(image_tensor(upscaler_->resized(decoded(parts_, latent), size_.width, size_.height)));
  return at::cat(pictures);
}

StartingPoint HiresPass::enlarged(const Tensor& latents) const {
  const auto shape = latent_shape(parts_, request_);
  StartingPoint point;
  Tensor pictures;
  if (upscaler_) {
    pictures = through_pictures(latents);
    point.latents = encoded(parts_, pictures);
  } else {
    point.latents = enlarged_latents(latents, request_.hires_upscaler, shape[1], shape[2]);
  }
  if (parts_.checkpoint.description.is_inpainting()) {
    // At weight 1 all of the picture is hidden, so that it need not be known.
    if (!pictures.defined() && request_.inpainting_mask_weight < 1) {
      const auto& vae = *parts_.checkpoint.vae;
      pictures = vae.decode(point.latents / vae.config.scale);
    }
    const Tensor shown = pictures.defined()
                             ? shown_channels(parts_, pictures, {}, request_.inpainting_mask_weight, point.latents)
                             : shown_nothing(parts_, request_.height, request_.width);
    point.shown = cut(shown, size_);
  }
  point.latents = cut(point.latents, size_);
  return point;
}

}  // namespace darkroom::generate
