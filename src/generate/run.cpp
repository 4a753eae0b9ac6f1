// THE PAGE TO READ FIRST: a request becomes pictures, one call per arrow of the flow in docs/ARCHITECTURE.md.
#include "generate/run.h"

#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include <optional>
#include <random>

#include "base/error.h"
#include "diffusion/brownian.h"
#include "diffusion/noise.h"
#include "diffusion/samplers.h"
#include "generate/guided_unet.h"
#include "generate/infotext.h"
#include "generate/loaded_model.h"
#include "generate/prompt_pair.h"
#include "generate/tensor_image.h"

namespace darkroom::generate {
namespace {

using Parts = LoadedModel::Parts;

int possible_side(const Parts& parts, const char* flag, int side, const std::string& own) {
  if (side == 0) side = std::stoi(own);
  const int reduction = int(parts.checkpoint.vae->config.reduction());
  const int below = side / reduction * reduction;
  require(below == side, ErrorKind::invalid_request,
          "{}: must be a multiple of {} for this model, {} was given; try {} or {}", flag, reduction, side,
          below > 0 ? below : below + 2 * reduction, below + reduction);
  return side;
}

/// The request as it will act: nothing left open.
GenerateRequest settled(const LoadedModel& model, GenerateRequest request) {
  const Settings own = model.recommended();
  request.seed = drawn_seed(request.seed);
  require(request.eta == -1 || request.eta >= 0, ErrorKind::invalid_request,
          "--eta: must be 0 to 1, or -1 for the sampler's own, {} was given", request.eta);
  request.variation_seed = request.variation_strength > 0 ? drawn_seed(request.variation_seed) : -1;
  require((request.seed_resize_from_width > 0) == (request.seed_resize_from_height > 0), ErrorKind::invalid_request,
          "--seed-resize-from-width and --seed-resize-from-height: both must be given or none, found {} and {}",
          request.seed_resize_from_width, request.seed_resize_from_height);
  request.width = possible_side(model.parts(), "--width", request.width, own.at("width"));
  request.height = possible_side(model.parts(), "--height", request.height, own.at("height"));
  return request;
}

/// Unit noise of a batch whose first picture is `first` of the run.
Tensor starting_noise(diffusion::ImageNoise& noise, const RunOptions& options, int first) {
  Tensor x = noise.first();
  if (options.starting_noise) {
    for (int64_t i = 0; i < x.size(0); ++i) {
      const Tensor one = x[i];
      options.starting_noise(first + int(i), {one.data_ptr<float>(), size_t(one.numel())});
    }
  }
  return x;
}

Tensor require_numbers(Tensor x, const char* what) {
  require(
      x.isfinite().all().item<bool>(), ErrorKind::internal,
      "{}: the network answered values that are no numbers; are its weights damaged? Otherwise try --precision fp32",
      what);
  return x;
}

Image decoded(const Parts& parts, const Tensor& latent) {
  const models::AutoencoderKL& vae = *parts.checkpoint.vae;
  return tensor_image(require_numbers(vae.decode(latent.unsqueeze(0) / vae.config.scale), "decode the picture")[0]);
}

/// Seeds of the pictures of a batch whose first picture is `first` of the run.
std::vector<uint64_t> batch_seeds(const GenerateRequest& request, int first) {
  // Parity: variations are variations of one seed.
  if (request.variation_strength > 0) return std::vector<uint64_t>(request.batch_size, request.seed);
  return diffusion::image_seeds(uint64_t(request.seed + first), request.batch_size);
}

diffusion::ImageNoiseOptions noise_options(const GenerateRequest& request, int first, int64_t reduction) {
  diffusion::ImageNoiseOptions options;
  options.source = diffusion::random_source_named(request.rng);
  options.seed_delta = uint64_t(request.seed_delta);
  options.variation_strength = request.variation_strength;
  if (request.variation_strength > 0)
    options.variation_seeds = diffusion::image_seeds(uint64_t(request.variation_seed + first), request.batch_size);
  options.resize_from_width = request.seed_resize_from_width / reduction;
  options.resize_from_height = request.seed_resize_from_height / reduction;
  return options;
}

/// Of picture `index` of the run.
std::string recipe(const Parts& parts, GenerateRequest request, int64_t seed, int index,
                   const diffusion::SamplerChoice& choice) {
  // Parity: A1111 names the schedule that acted, unless the sampler has no preference and so nothing was chosen.
  if (choice.sampler.default_schedule != "uniform" || !diffusion::is_automatic_schedule(request.schedule))
    request.schedule = choice.schedule.label;
  request.seed = seed;
  if (request.variation_strength > 0) request.variation_seed += index;
  return infotext({.request = request,
                   .model_name = parts.name,
                   .model_hash = parts.hash.get(),
                   .vae_name = parts.vae_name,
                   .vae_hash = parts.vae_hash.valid() ? parts.vae_hash.get() : ""});
}

}  // namespace

int64_t drawn_seed(int64_t seed) {
  if (seed >= 0) return seed;
  std::random_device random;
  return std::uniform_int_distribution<int64_t>(0, 4294967293)(random);
}

void generate(const LoadedModel& model, const GenerateRequest& asked, const std::function<void(Picture&&)>& on_picture,
              const RunOptions& options) {
  const c10::InferenceMode inference;
  const Parts& parts = model.parts();
  const GenerateRequest request = settled(model, asked);
  at::set_num_threads(request.threads > 0 ? request.threads : usable_cores());

  options.on_progress({.stage = "reading the prompt", .note = ""});
  const PromptPair pair = encode_prompts(parts, request);
  const auto choice = diffusion::choose_sampler(request.sampler, request.schedule);
  const diffusion::Sigmas sigmas =
      diffusion::run_sigmas(choice, parts.noise_schedule, request.steps,
                            {.is_sdxl = parts.checkpoint.description.family == checkpoint::Family::sdxl});
  const diffusion::Denoiser denoise = guided_unet(parts, pair, request.cfg_scale, request.batch_size);

  const int64_t reduction = parts.checkpoint.vae->config.reduction();
  const std::vector<int64_t> shape = {parts.checkpoint.vae->config.latent_channels, request.height / reduction,
                                      request.width / reduction};
  const int steps = int(sigmas.size()) - 1;
  for (int batch = 0; batch < request.batch_count; ++batch) {
    const int first = batch * request.batch_size;
    const auto sampled = [&](int done) {
      options.on_progress({"sampling", batch * steps + done, request.batch_count * steps, ""});
    };
    sampled(0);
    const std::vector<uint64_t> seeds = batch_seeds(request, first);
    const diffusion::ImageNoiseOptions from = noise_options(request, first, reduction);
    diffusion::ImageNoise noise(seeds, shape, from);
    std::optional<diffusion::BrownianNoise> path;
    if (choice.sampler.is_brownian) path.emplace(seeds, shape, sigmas, from.source);
    const Tensor x = starting_noise(noise, options, first) * diffusion::start_scale(choice.sampler, sigmas);
    const Tensor latents =
        choice.sampler.sample(denoise, x, sigmas,
                              {.noise = path ? path->source() : noise.source(),
                               .on_step = [&](const diffusion::StepEvent& step) { sampled(step.index + 1); },
                               .eta = request.eta < 0 ? choice.sampler.default_eta : request.eta,
                               .s_noise = request.s_noise});
    require_numbers(latents, "sample the picture");

    for (int i = 0; i < request.batch_size; ++i) {
      options.on_progress({"decoding", first + i, request.pictures(), ""});
      const int64_t seed = int64_t(seeds[i]);
      on_picture({decoded(parts, latents[i]), seed, recipe(parts, request, seed, first + i, choice)});
    }
  }
}

}  // namespace darkroom::generate
