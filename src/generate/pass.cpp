#include "generate/pass.h"

#include "diffusion/guidance.h"
#include "generate/guided_unet.h"
#include "generate/inpainting_model.h"
#include "generate/latents.h"

namespace darkroom::generate {
namespace {

void show(std::vector<TimedConditioning>& texts, const Tensor& picture) {
  for (TimedConditioning& text : texts) text.text.picture = picture;
}

/// The plan of a model that is shown something at every call; of others, `picture` is undefined.
PromptPlan showing(PromptPlan plan, const Tensor& picture) {
  for (PromptPart& part : plan.parts) show(part.texts, picture);
  show(plan.negative, picture);
  return plan;
}

diffusion::Denoiser watched(diffusion::Denoiser denoise, const Tensor& unconditional, const GuidanceWatch& watch) {
  return [denoise = std::move(denoise), &unconditional, &watch](const Tensor& x, double sigma) {
    Tensor answer = denoise(x, sigma);
    watch.on_call(x, sigma, answer, unconditional);
    return answer;
  };
}

}  // namespace

Pass::Pass(const LoadedModel::Parts& parts, GenerateRequest request, Sampling sampling, const PlannedCalls& calls,
           bool is_watched)
    : parts_(parts),
      request_(std::move(request)),
      sampling_(std::move(sampling)),
      cfg_scale_(request_.cfg_scale * sampling_.choice.sampler.cfg_factor),
      rescales_(request_.cfg_rescale > 0 && cfg_scale_ != 1 && cfg_scale_ != 0),
      needs_unconditional_(sampling_.choice.sampler.cfg_factor != 1 || rescales_ || is_watched),
      plan_(plan_prompts(parts, request_, calls, needs_unconditional_)) {
  plan_.schedule = sampling_.options.schedule;
}

const Tensor& Pass::shown(const StartingPoint* from) const {
  if (from || !parts_.checkpoint.description.is_inpainting()) return from ? from->shown : nothing_;
  if (!nothing_.defined()) nothing_ = shown_nothing(parts_, request_.height, request_.width);
  return nothing_;
}

Tensor Pass::run(const Batch& batch) const {
  return run(batch, nullptr);
}

Tensor Pass::run(const Batch& batch, const StartingPoint& from) const {
  return run(batch, &from);
}

Tensor Pass::run(const Batch& batch, const StartingPoint* from) const {
  const int64_t pictures = int64_t(batch.seeds.size());
  const Tensor latents = from ? from->latents.expand({pictures, -1, -1, -1}) : Tensor();
  if (from && sampling_.sigmas.empty()) return latents;

  const diffusion::SamplerInfo& sampler = sampling_.choice.sampler;
  const PromptPlan plan = showing(plan_, shown(from));
  Tensor unconditional;
  Tensor* const unconditional_place = needs_unconditional_ ? &unconditional : nullptr;
  diffusion::Denoiser denoise = guided_unet(parts_, plan, cfg_scale_, int(pictures), unconditional_place);
  if (batch.watch) denoise = watched(denoise, unconditional, *batch.watch);
  if (rescales_)
    denoise = diffusion::rescaled(denoise, cfg_scale_, unconditional, parts_.prediction, request_.cfg_rescale);
  if (from && from->mask) {
    const bool masks_input = sampling_.choice.has_own_levels();
    denoise =
        (masks_input ? diffusion::masked_input : diffusion::masked_answer)(denoise, *from->mask, unconditional_place);
  }

  const std::vector<int64_t> shape = from ? latents[0].sizes().vec() : latent_shape(parts_, request_);
  diffusion::RunNoise noise(sampler, sampling_.noise, sampling_.options.eta, batch.seeds, shape, sampling_.whole,
                            batch.noise);
  Tensor unit_noise = noise.first();
  batch.on_noise(unit_noise);
  diffusion::SampleOptions options = sampling_.options;
  options.noise = noise.source();
  options.on_step = [&](const diffusion::StepEvent& step) { batch.on_step(step.index + 1, step.denoised); };
  options.unconditional = [&] { return unconditional; };
  const Tensor x = from ? sampling_.start(unit_noise * from->noise_multiplier, latents) : sampling_.start(unit_noise);
  const Tensor made = require_numbers(sampling_.walk(denoise, x, options), "sample the picture");
  return from && from->mask ? from->mask->blended(made) : made;
}

}  // namespace darkroom::generate
