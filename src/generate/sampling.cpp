#include "generate/sampling.h"

#include <algorithm>

#include "base/error.h"
#include "diffusion/noise_gain.h"

namespace darkroom::generate {
namespace {

void check_order(int order, const diffusion::SamplerInfo& sampler) {
  if (order == 0) return;
  require(sampler.most_order > 0, ErrorKind::invalid_request,
          "--order: {} has one order only, {} was given; leave it out", sampler.name, order);
  require(order >= sampler.least_order && order <= sampler.most_order, ErrorKind::invalid_request,
          "--order: {} can have {} to {}, {} was given", sampler.name, sampler.least_order, sampler.most_order, order);
}

diffusion::SampleOptions options_of(const GenerateRequest& request, const diffusion::SamplerChoice& choice) {
  diffusion::SampleOptions options;
  options.eta = request.eta < 0 ? choice.default_eta() : request.eta;
  options.s_noise = request.s_noise;
  options.s_churn = request.s_churn;
  options.s_tmin = request.s_tmin;
  if (request.s_tmax > 0) options.s_tmax = request.s_tmax;
  options.order = request.order;
  options.relative_tolerance = request.relative_tolerance;
  options.absolute_tolerance = request.absolute_tolerance;
  options.lms_extrapolates_to_zero = choice.profile.lms_extrapolates_to_zero;
  options.solvers_end_at_lowest = choice.profile.solvers_end_at_lowest;
  return options;
}

diffusion::SigmaOptions ends_of(const GenerateRequest& request, bool is_sdxl) {
  return {.sigma_min = request.sigma_min, .sigma_max = request.sigma_max, .rho = request.rho, .is_sdxl = is_sdxl};
}

/// Everything but the levels.
Sampling without_levels(const GenerateRequest& request, const diffusion::NoiseSchedule& schedule) {
  const auto choice =
      diffusion::choose_sampler(request.sampler, request.schedule, diffusion::profile_named(request.profile));
  check_order(request.order, choice.sampler);
  diffusion::SampleOptions options = options_of(request, choice);
  options.schedule = &schedule;
  const auto asked_noise = diffusion::noise_kind_named(request.noise, choice.profile.noise);
  return {.choice = choice,
          .sigmas = {},
          .options = std::move(options),
          .noise = diffusion::effective_noise(choice.sampler, asked_noise),
          .whole = {},
          .planned_calls = request.steps * (choice.sampler.chooses_steps ? 1 : choice.sampler.calls_per_step)};
}

}  // namespace

Tensor Sampling::start(const Tensor& unit_noise) const {
  return unit_noise * diffusion::start_scale(choice, sigmas);
}

Tensor Sampling::start(const Tensor& unit_noise, const Tensor& latents) const {
  return diffusion::noised(latents, unit_noise, choice, {whole, sigmas, picture_noise}, extra_noise);
}

Tensor Sampling::walk(const diffusion::Denoiser& denoise, const Tensor& x,
                      const diffusion::SampleOptions& run_options) const {
  return choice.sampler.sample(denoise, x, sigmas, run_options);
}

Tensor Sampling::sample(const diffusion::Denoiser& denoise, const Tensor& unit_noise,
                        const diffusion::SampleOptions& run_options) const {
  return walk(denoise, start(unit_noise), run_options);
}

Sampling sampling_of(const GenerateRequest& request, const diffusion::NoiseSchedule& schedule, bool is_sdxl) {
  Sampling sampling = without_levels(request, schedule);
  sampling.sigmas = diffusion::run_sigmas(sampling.choice, schedule, request.steps, ends_of(request, is_sdxl),
                                          request.discards_lowest);
  sampling.whole = sampling.sigmas;
  return sampling;
}

Sampling sampling_from_picture(const GenerateRequest& request, const diffusion::NoiseSchedule& schedule, bool is_sdxl,
                               bool all_walked) {
  Sampling sampling = without_levels(request, schedule);
  const auto steps = diffusion::partial_steps(request.steps, request.denoising_strength, all_walked);
  auto levels =
      diffusion::partial_levels(sampling.choice, schedule, steps, ends_of(request, is_sdxl), request.discards_lowest);
  sampling.sigmas = std::move(levels.walked);
  sampling.whole = std::move(levels.whole);
  sampling.picture_noise = levels.noise;
  sampling.extra_noise = request.extra_noise;
  return sampling;
}

double error_gain(const Sampling& sampling) {
  const diffusion::SamplerInfo& sampler = sampling.choice.sampler;
  if (sampler.adapts_to_latent || sampling.sigmas.size() < 3) return 0;
  const double at_end = diffusion::noise_gain(sampler, sampling.sigmas, sampling.options);
  if (sampling.sigmas.back() != 0 || sampler.chooses_steps) return at_end;
  diffusion::Sigmas positive = sampling.sigmas;
  positive.pop_back();
  return std::max(at_end, diffusion::noise_gain(sampler, positive, sampling.options));
}

}  // namespace darkroom::generate
