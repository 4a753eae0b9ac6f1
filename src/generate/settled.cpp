// A request as it will act on a model: what was left open is decided, what cannot be is refused.
#include "generate/run.h"

#include <random>

#include "base/error.h"
#include "generate/loaded_model.h"
#include "prompt/comments.h"

namespace darkroom::generate {
namespace {

int possible_side(const LoadedModel::Parts& parts, const char* flag, int side, const std::string& own) {
  if (side == 0) side = std::stoi(own);
  const int reduction = int(parts.checkpoint.vae->config.reduction());
  const int below = side / reduction * reduction;
  require(below == side, ErrorKind::invalid_request,
          "{}: must be a multiple of {} for this model, {} was given; try {} or {}", flag, reduction, side,
          below > 0 ? below : below + 2 * reduction, below + reduction);
  return side;
}

void require_both(const char* flags, int width, int height) {
  require((width > 0) == (height > 0), ErrorKind::invalid_request, "{}: both must be given or none, found {} and {}",
          flags, width, height);
}

void settle_pictures(GenerateRequest& request) {
  const bool from_picture = !request.init_image.empty();
  require(!from_picture || !request.hires, ErrorKind::invalid_request,
          "--hires and --init-image: one of the two; a hires pass follows a picture made from noise");
  require(from_picture || request.mask.empty(), ErrorKind::invalid_request,
          "--mask: there must be a picture whose part it marks; name one with --init-image");
  if (request.denoising_strength == -1) {
    if (from_picture) request.denoising_strength = 0.75;
    if (request.hires) request.denoising_strength = 0.7;
    return;
  }
  require(request.denoising_strength >= 0, ErrorKind::invalid_request,
          "--denoising-strength: must be 0 to 1, or -1 for the usual one, {} was given", request.denoising_strength);
  require(from_picture || request.hires, ErrorKind::invalid_request,
          "--denoising-strength: there must be a picture to start from; name one with --init-image, or make one with "
          "--hires True");
}

/// Of the second pass, what is as in the first is left open, so that recipes do not say it twice.
void settle_hires(GenerateRequest& request) {
  request.hires_prompt = prompt::without_comments(request.hires_prompt);
  request.hires_negative_prompt = prompt::without_comments(request.hires_negative_prompt);
  if (request.hires_prompt == request.prompt) request.hires_prompt.clear();
  if (request.hires_negative_prompt == request.negative_prompt) request.hires_negative_prompt.clear();
  if (request.hires_sampler == request.sampler) request.hires_sampler.clear();
  if (request.hires_schedule == request.schedule) request.hires_schedule.clear();
  require_both("--first-pass-width and --first-pass-height", request.first_pass_width, request.first_pass_height);
  if (request.first_pass_width == 0) return;
  // Parity: they replace the size, and the second pass' size counts from them.
  request.width = request.first_pass_width;
  request.height = request.first_pass_height;
  request.first_pass_width = request.first_pass_height = 0;
}

}  // namespace

int64_t drawn_seed(int64_t seed) {
  if (seed >= 0) return seed;
  std::random_device random;
  return std::uniform_int_distribution<int64_t>(0, 4294967293)(random);
}

GenerateRequest settled(const LoadedModel& model, GenerateRequest request) {
  const Settings own = model.recommended();
  request.prompt = prompt::without_comments(request.prompt);
  request.negative_prompt = prompt::without_comments(request.negative_prompt);
  request.seed = drawn_seed(request.seed);
  require(request.eta == -1 || request.eta >= 0, ErrorKind::invalid_request,
          "--eta: must be 0 to 1, or -1 for the sampler's own, {} was given", request.eta);
  request.variation_seed = request.variation_strength > 0 ? drawn_seed(request.variation_seed) : -1;
  require_both("--seed-resize-from-width and --seed-resize-from-height", request.seed_resize_from_width,
               request.seed_resize_from_height);
  settle_pictures(request);
  if (request.hires) settle_hires(request);
  request.width = possible_side(model.parts(), "--width", request.width, own.at("width"));
  request.height = possible_side(model.parts(), "--height", request.height, own.at("height"));
  return request;
}

}  // namespace darkroom::generate
