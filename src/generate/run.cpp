// THE PAGE TO READ FIRST: a request becomes pictures, one call per arrow of the flow in docs/ARCHITECTURE.md.
#include "generate/run.h"

#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include <mutex>
#include <optional>

#include "base/cpu.h"
#include "base/log.h"
#include "generate/canvas.h"
#include "generate/hires.h"
#include "generate/infotext.h"
#include "generate/latents.h"
#include "generate/pass.h"
#include "generate/told_request.h"
#include "layers/circular_padding.h"
#include "layers/fast_paths.h"

namespace darkroom::generate {
namespace {

using Parts = LoadedModel::Parts;

/// Pictures `first` to first + count of a run.
struct PictureRange {
  int first, count;
};

/// Seeds of pictures of the run.
std::vector<uint64_t> seeds_of(const GenerateRequest& request, PictureRange pictures) {
  // Parity: variations are variations of one seed.
  if (request.variation_strength > 0) return std::vector<uint64_t>(pictures.count, request.seed);
  return diffusion::image_seeds(uint64_t(request.seed + pictures.first), pictures.count);
}

diffusion::ImageNoiseOptions noise_options(const GenerateRequest& request, PictureRange pictures, int64_t reduction) {
  diffusion::ImageNoiseOptions options;
  options.source = diffusion::random_source_named(request.rng);
  options.seed_delta = uint64_t(request.seed_delta);
  options.variation_strength = request.variation_strength;
  if (request.variation_strength > 0)
    options.variation_seeds = diffusion::image_seeds(uint64_t(request.variation_seed + pictures.first), pictures.count);
  options.resize_from_width = request.seed_resize_from_width / reduction;
  options.resize_from_height = request.seed_resize_from_height / reduction;
  return options;
}

/// Pictures of the run that are made at once.
Batch batch_of(const GenerateRequest& request, const RunOptions& options, PictureRange pictures, int64_t reduction) {
  Batch batch{.seeds = seeds_of(request, pictures), .noise = noise_options(request, pictures, reduction)};
  if (options.starting_noise) {
    batch.on_noise = [&options, first = pictures.first](Tensor& noise) {
      for (int64_t i = 0; i < noise.size(0); ++i) {
        const Tensor one = noise[i];
        options.starting_noise(first + int(i), {one.data_ptr<float>(), size_t(one.numel())});
      }
    };
  }
  return batch;
}

void warn_of_gain(const Sampling& sampling) {
  const double gain = error_gain(sampling);
  if (gain <= kMuchGain) return;
  const bool is_karras = sampling.choice.schedule.label == "Karras";
  log_warning(
      "{} on {} levels in {} steps makes the network's errors {:.1f} times larger; try {}other steps, or the "
      "profile darkroom",
      sampling.choice.sampler.name, sampling.choice.schedule.label, sampling.steps(), gain,
      is_karras ? "" : "the schedule Karras, ");
}

/// Parity: A1111 names the schedule that acted, unless the sampler has no preference and so nothing was chosen.
std::string recorded_schedule(const std::string& asked, const diffusion::SamplerChoice& choice) {
  const bool was_chosen = choice.sampler.default_schedule != "uniform" || !diffusion::is_automatic_schedule(asked);
  return was_chosen && !choice.has_own_levels() ? choice.schedule.label : asked;
}

/// Parity: A1111 names the emphasis only where brackets meet it; BREAK and backslashes are read by it too.
bool shows_emphasis(const GenerateRequest& request) {
  for (const std::string& text : {request.prompt, request.negative_prompt})
    if (text.find_first_of("([\\") != std::string::npos || text.find("BREAK") != std::string::npos) return true;
  return false;
}

/// What all pictures of a run have in common: the request as recipes have it, of the first picture.
struct RunRecord {
  GenerateRequest request;
  std::string lora_hashes, embedding_hashes;
};

RunRecord recorded(const Parts& parts, GenerateRequest request, const Sampling& sampling,
                   const std::optional<HiresPass>& hires) {
  request.schedule = recorded_schedule(request.schedule, sampling.choice);
  if (!shows_emphasis(request)) request.emphasis = "Original";
  const auto named = [](at::ScalarType type) { return type == at::kBFloat16 ? "bf16" : "fp32"; };
  request.precision = named(parts.unet_dtype);
  request.vae_precision = parts.vae_dtype == parts.unet_dtype ? "auto" : named(parts.vae_dtype);
  if (!hires) return {request, "", ""};
  const std::string second = recorded_schedule(hires->request().schedule, hires->sampling().choice);
  request.hires_schedule = second == request.schedule ? "" : second;
  return {request, "", ""};
}

/// Of picture `index` of the run.
std::string recipe(const Parts& parts, const RunRecord& record, int64_t seed, int index) {
  GenerateRequest request = record.request;
  request.seed = seed;
  if (request.variation_strength > 0) request.variation_seed += index;
  return infotext({.request = request,
                   .model_name = parts.name,
                   .model_hash = parts.hash(),
                   .vae_name = parts.vae_name,
                   .vae_hash = parts.vae_hash(),
                   .lora_hashes = record.lora_hashes,
                   .embedding_hashes = record.embedding_hashes,
                   .batch_position = index % request.batch_size});
}

/// What the run starts from, if that is a picture, and what is laid over the result.
struct Source {
  StartingPoint start;
  std::optional<Overlay> overlay;
};

std::optional<Source> source_of(const Parts& parts, const GenerateRequest& request, const RunOptions& options) {
  if (request.init_image.empty()) return std::nullopt;
  options.on_progress({.stage = "reading the picture", .note = ""});
  std::optional<Image> mask;
  if (!request.mask.empty()) mask = options.read_picture(request.mask);
  const Canvas canvas = canvas_of(request, options.read_picture(request.init_image), mask);
  return Source{starting_point(parts, request, canvas, seeds_of(request, {0, request.batch_size})), canvas.overlay};
}

/// How many pictures are made at once: a batch, or one where the sampler shall fit its steps to each.
int pictures_at_once(const GenerateRequest& request, const diffusion::SamplerChoice& choice) {
  return choice.sampler.adapts_to_latent && choice.profile.steps_fit_each_image ? 1 : request.batch_size;
}

/// "sampling: k of n" over all passes of all batches.
class SamplingProgress {
 public:
  SamplingProgress(const Progress& progress, int total) : progress_(progress), total_(total) {}
  /// Steps from here on count from the passes that are over.
  std::function<void(int)> of_pass(int steps) {
    const int before = over_;
    over_ += steps;
    show(before);
    return [this, before](int done) { show(before + done); };
  }

 private:
  void show(int done) const { progress_({"sampling", done, total_, ""}); }

  const Progress& progress_;
  int total_, over_ = 0;
};

/// After each step: the progress, and every few steps what the first picture is becoming.
std::function<void(int, const Tensor&)> shown(const Parts& parts, const RunOptions& options,
                                              std::function<void(int)> show) {
  return [&parts, &options, show = std::move(show)](int done, const Tensor& denoised) {
    show(done);
    const bool is_seen = options.preview_every > 0 && done % options.preview_every == 0;
    if (is_seen && options.on_preview)
      options.on_preview(preview(parts, denoised[0].to(at::kCPU, at::kFloat), options.preview_kind));
  };
}

}  // namespace

void generate(const LoadedModel& model, const GenerateRequest& asked, const std::function<void(Picture&&)>& on_picture,
              const RunOptions& options) {
  const c10::InferenceMode inference;
  const Parts& parts = model.parts();
  const std::lock_guard alone(parts.running);
  parts.require_unwritten();
  const GenerateRequest request = settled(model, asked);
  at::set_num_threads(request.threads > 0 ? request.threads : usable_cores());
  layers::set_fast_paths(!request.plain);
  const layers::CircularPadding tiles(request.tiling);
  parts.checkpoint.vae->decoding = vae_decoding_named(request.vae_decoding);
  parts.keep_unet_blocks(!request.low_memory);

  if (!request.init_image.empty()) parts.turn_of_vae(request);
  const std::optional<Source> source = source_of(parts, request, options);
  if (request.low_memory && source) parts.let_go_of_vae();
  const diffusion::NoiseSchedule schedule = noise_schedule_of(parts, request);
  const Sampling sampling = source ? sampling_from_picture(request, schedule, is_sdxl(parts), request.exact_steps)
                                   : sampling_of(request, schedule, is_sdxl(parts));
  warn_of_gain(sampling);
  options.on_progress({.stage = "reading the prompt", .note = ""});
  const bool may_adapt = parts.adapters->bytes() > 0 || request.prompt.find('<') != std::string::npos;
  if (may_adapt) parts.leave_accelerator();
  ToldRequest told(parts, request);
  parts.turn_of_text_encoders();
  const Pass pass(parts, told.request(), sampling, sampling.planned_calls, options.watch != nullptr);
  std::optional<HiresPass> hires;
  if (request.hires) {
    if (may_adapt) parts.leave_accelerator();
    told.use_hires();
    parts.turn_of_text_encoders();
    hires.emplace(parts, told.request(), sampling);
  }

  if (request.low_memory) parts.let_go_of_text_encoders();
  parts.start_hashing();  // the prompts are read as soon as can be
  RunRecord record = recorded(parts, request, sampling, hires);
  record.lora_hashes = told.lora_hashes();
  record.embedding_hashes = pass.embedding_hashes();
  const int hires_steps = hires ? hires->sampling().steps() : 0;
  const int at_once = pictures_at_once(request, sampling.choice), walks = request.pictures() / at_once;
  SamplingProgress progress(options.on_progress, walks * (sampling.steps() + hires_steps));
  for (int first = 0; first < request.pictures(); first += at_once) {
    Batch batch = batch_of(request, options, {first, at_once}, parts.checkpoint.vae->config.reduction());
    batch.watch = options.watch;
    batch.on_step = shown(parts, options, progress.of_pass(sampling.steps()));
    if (may_adapt) parts.leave_accelerator();
    told.use_first();
    parts.turn_of_unet(request);
    const int in_batch = first % request.batch_size;
    Tensor latents =
        source ? pass.run(batch, at_once == 1 ? source->start.of_picture(in_batch) : source->start) : pass.run(batch);
    if (hires) {
      batch.watch = nullptr;
      batch.on_noise = [](Tensor&) {};  // it was the first pass' noise
      batch.on_step = shown(parts, options, progress.of_pass(hires_steps));
      if (may_adapt) parts.leave_accelerator();
      told.use_hires();
      parts.turn_of_unet(hires->request());
      latents = hires->run(batch, latents);
    }

    if (request.low_memory) parts.let_go_of_unet();
    parts.turn_of_vae(hires ? hires->request() : request);
    release_memory();  // what steps computed in is not what decoding needs
    for (int i = 0; i < at_once; ++i) {
      options.on_progress({"decoding", first + i, request.pictures(), ""});
      const int64_t seed = int64_t(batch.seeds[i]);
      Image image = decoded(parts, latents[i]);
      if (source && source->overlay) image = laid_under(*source->overlay, image);
      on_picture({std::move(image), seed, recipe(parts, record, seed, first + i)});
    }
    if (request.low_memory) parts.let_go_of_vae();
  }
}

}  // namespace darkroom::generate
