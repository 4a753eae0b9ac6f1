#include "generate/pass.h"

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

bool needs_unconditional(const Sampling& sampling) {
  return sampling.choice.sampler.cfg_factor != 1;
}

}  // namespace

Pass::Pass(const LoadedModel::Parts& parts, GenerateRequest request, Sampling sampling, const PlannedCalls& calls)
    : parts_(parts),
      request_(std::move(request)),
      sampling_(std::move(sampling)),
      plan_(plan_prompts(parts, request_, calls, needs_unconditional(sampling_))) {}

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
  Tensor* const unconditional_place = needs_unconditional(sampling_) ? &unconditional : nullptr;
  diffusion::Denoiser denoise =
      guided_unet(parts_, plan, request_.cfg_scale * sampler.cfg_factor, int(pictures), unconditional_place);
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
  options.on_step = [&](const diffusion::StepEvent& step) { batch.on_step(step.index + 1); };
  options.unconditional = [&] { return unconditional; };
  const Tensor x = from ? sampling_.start(unit_noise * from->noise_multiplier, latents) : sampling_.start(unit_noise);
  const Tensor made = require_numbers(sampling_.walk(denoise, x, options), "sample the picture");
  return from && from->mask ? from->mask->blended(made) : made;
}

}  // namespace darkroom::generate
