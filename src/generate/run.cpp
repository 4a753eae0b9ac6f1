// THE PAGE TO READ FIRST: a request becomes pictures, one call per arrow of the flow in docs/ARCHITECTURE.md.
#include "generate/run.h"

#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include <random>

#include "base/error.h"
#include "base/log.h"
#include "generate/guided_unet.h"
#include "generate/infotext.h"
#include "generate/latents.h"
#include "generate/loaded_model.h"
#include "generate/prompt_pair.h"
#include "generate/sampling.h"
#include "layers/fast_paths.h"
#include "prompt/comments.h"

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

/// Unit noise of a batch whose first picture is `first` of the run.
Tensor starting_noise(diffusion::RunNoise& noise, const RunOptions& options, int first) {
  Tensor x = noise.first();
  if (options.starting_noise) {
    for (int64_t i = 0; i < x.size(0); ++i) {
      const Tensor one = x[i];
      options.starting_noise(first + int(i), {one.data_ptr<float>(), size_t(one.numel())});
    }
  }
  return x;
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

void warn_of_gain(const Sampling& sampling) {
  const double gain = error_gain(sampling);
  if (gain <= kMuchGain) return;
  log_warning(
      "{} on {} levels in {} steps makes the network's errors {:.1f} times larger; try the schedule Karras, other "
      "steps, or the profile darkroom",
      sampling.choice.sampler.name, sampling.choice.schedule.label, sampling.steps(), gain);
}

/// Parity: A1111 names the emphasis only where brackets meet it; BREAK and backslashes are read by it too.
bool shows_emphasis(const GenerateRequest& request) {
  for (const std::string& text : {request.prompt, request.negative_prompt})
    if (text.find_first_of("([\\") != std::string::npos || text.find("BREAK") != std::string::npos) return true;
  return false;
}

/// What all pictures of a run have in common.
struct RunFacts {
  const diffusion::SamplerChoice& choice;
  std::string embedding_hashes;
};

/// Of picture `index` of the run.
std::string recipe(const Parts& parts, GenerateRequest request, int64_t seed, int index, const RunFacts& facts) {
  const diffusion::SamplerChoice& choice = facts.choice;
  // Parity: A1111 names the schedule that acted, unless the sampler has no preference and so nothing was chosen.
  const bool was_chosen =
      choice.sampler.default_schedule != "uniform" || !diffusion::is_automatic_schedule(request.schedule);
  if (was_chosen && !choice.has_own_levels()) request.schedule = choice.schedule.label;
  request.seed = seed;
  if (!shows_emphasis(request)) request.emphasis = "Original";
  request.precision = parts.unet_dtype == at::kBFloat16 ? "bf16" : "fp32";
  if (request.variation_strength > 0) request.variation_seed += index;
  return infotext({.request = request,
                   .model_name = parts.name,
                   .model_hash = parts.hash.get(),
                   .vae_name = parts.vae_name,
                   .vae_hash = parts.vae_hash.valid() ? parts.vae_hash.get() : "",
                   .embedding_hashes = facts.embedding_hashes,
                   .batch_position = index % request.batch_size});
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
  require((request.seed_resize_from_width > 0) == (request.seed_resize_from_height > 0), ErrorKind::invalid_request,
          "--seed-resize-from-width and --seed-resize-from-height: both must be given or none, found {} and {}",
          request.seed_resize_from_width, request.seed_resize_from_height);
  request.width = possible_side(model.parts(), "--width", request.width, own.at("width"));
  request.height = possible_side(model.parts(), "--height", request.height, own.at("height"));
  return request;
}

void generate(const LoadedModel& model, const GenerateRequest& asked, const std::function<void(Picture&&)>& on_picture,
              const RunOptions& options) {
  const c10::InferenceMode inference;
  const Parts& parts = model.parts();
  const GenerateRequest request = settled(model, asked);
  at::set_num_threads(request.threads > 0 ? request.threads : usable_cores());
  layers::set_fast_paths(!request.plain);

  const diffusion::NoiseSchedule schedule = noise_schedule_of(parts, request);
  const Sampling sampling = sampling_of(request, schedule, is_sdxl(parts));
  warn_of_gain(sampling);
  options.on_progress({.stage = "reading the prompt", .note = ""});
  const bool uses_unconditional = sampling.choice.sampler.cfg_factor != 1;
  PromptPlan plan = plan_prompts(parts, request, sampling.planned_calls, uses_unconditional);
  plan.schedule = &schedule;
  const RunFacts facts{sampling.choice, plan.embedding_hashes};
  Tensor unconditional;
  const double cfg_scale = request.cfg_scale * sampling.choice.sampler.cfg_factor;
  const int64_t reduction = parts.checkpoint.vae->config.reduction();
  const std::vector<int64_t> shape = latent_shape(parts, request);
  const int steps = sampling.steps();
  for (int batch = 0; batch < request.batch_count; ++batch) {
    const int first = batch * request.batch_size;
    const auto sampled = [&](int done) {
      options.on_progress({"sampling", batch * steps + done, request.batch_count * steps, ""});
    };
    sampled(0);
    const diffusion::Denoiser denoise =
        guided_unet(parts, plan, cfg_scale, request.batch_size, uses_unconditional ? &unconditional : nullptr);
    const std::vector<uint64_t> seeds = batch_seeds(request, first);
    const diffusion::ImageNoiseOptions from = noise_options(request, first, reduction);
    diffusion::RunNoise noise(sampling.choice.sampler, sampling.noise, sampling.options.eta, seeds, shape,
                              sampling.sigmas, from);
    diffusion::SampleOptions run_options = sampling.options;
    run_options.noise = noise.source();
    run_options.on_step = [&](const diffusion::StepEvent& step) { sampled(step.index + 1); };
    run_options.unconditional = [&] { return unconditional; };
    const Tensor latents = sampling.sample(denoise, starting_noise(noise, options, first), run_options);
    require_numbers(latents, "sample the picture");

    for (int i = 0; i < request.batch_size; ++i) {
      options.on_progress({"decoding", first + i, request.pictures(), ""});
      const int64_t seed = int64_t(seeds[i]);
      on_picture({decoded(parts, latents[i]), seed, recipe(parts, request, seed, first + i, facts)});
    }
  }
}

}  // namespace darkroom::generate
