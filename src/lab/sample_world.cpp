#include "lab/sample_world.h"

#include <optional>

#include "base/error.h"
#include "diffusion/brownian.h"
#include "diffusion/noise_gain.h"
#include "diffusion/samplers.h"
#include "lab/worlds.h"

namespace darkroom::lab {
namespace {

constexpr std::int64_t kMostValues = std::int64_t(1) << 28;  // of all images; 1 GiB

void check_shape(const WorldRequest& request) {
  require(request.shape.size() == 3, ErrorKind::invalid_request, "--shape: C,H,W is needed, {} numbers were given",
          request.shape.size());
  std::int64_t values = std::int64_t(request.seeds.size());
  for (const std::int64_t side : request.shape) {
    require(side >= 1 && side <= kMostValues && (values *= side) <= kMostValues, ErrorKind::invalid_request,
            "--shape: sides from 1 and at most {} values in all are possible, a side of {} was given", kMostValues,
            side);
  }
  require(!request.seeds.empty(), ErrorKind::invalid_request, "--seeds: at least one seed is needed");
}

diffusion::Sigmas levels_of(const diffusion::SamplerChoice& choice, const LevelsRequest& request) {
  return diffusion::run_sigmas(
      choice, diffusion::NoiseSchedule(), request.steps,
      {.sigma_min = request.sigma_min, .sigma_max = request.sigma_max, .rho = request.rho, .is_sdxl = request.is_sdxl});
}

}  // namespace

std::vector<double> run_levels(const LevelsRequest& request) {
  // Euler takes the schedule's levels as they are.
  const std::string sampler = request.sampler.empty() ? "Euler" : request.sampler;
  return levels_of(diffusion::choose_sampler(sampler, request.schedule), request);
}

WorldResult sample_world(const WorldRequest& request) {
  NoGrad guard;
  check_shape(request);
  const World& world = world_named(request.world);
  const auto choice = diffusion::choose_sampler(request.levels.sampler, request.levels.schedule);
  const diffusion::Sigmas sigmas = levels_of(choice, request.levels);
  const diffusion::RandomSource source = diffusion::random_source_named(request.rng);
  diffusion::ImageNoise noise(request.seeds, request.shape, {.source = source});
  std::optional<diffusion::BrownianNoise> path;
  if (choice.sampler.is_brownian) path.emplace(request.seeds, request.shape, sigmas, source);

  diffusion::SampleOptions options;
  options.noise = path ? path->source() : noise.source();
  options.eta = request.eta < 0 ? choice.sampler.default_eta : request.eta;
  options.s_noise = request.s_noise;
  options.s_churn = request.s_churn;
  options.s_tmin = request.s_tmin;
  if (request.s_tmax > 0) options.s_tmax = request.s_tmax;
  options.lms_extrapolates_to_zero = request.lms_extrapolates_to_zero;

  WorldResult result;
  const auto counted = [&](const Tensor& x, double sigma) { return ++result.calls, world.denoised(x, sigma); };
  const Tensor end =
      choice.sampler.sample(counted, noise.first() * diffusion::start_scale(choice.sampler, sigmas), sigmas, options)
          .contiguous();
  result.result.assign(end.data_ptr<float>(), end.data_ptr<float>() + end.numel());
  return result;
}

GainResult error_gain(const LevelsRequest& request, bool lms_extrapolates_to_zero) {
  NoGrad guard;
  const auto choice = diffusion::choose_sampler(request.sampler, request.schedule);
  diffusion::Sigmas sigmas = levels_of(choice, request);
  diffusion::SampleOptions options;
  options.eta = choice.sampler.default_eta;
  options.lms_extrapolates_to_zero = lms_extrapolates_to_zero;
  GainResult gain;
  gain.at_end = diffusion::noise_gain(choice.sampler, sigmas, options);
  const bool has_zero = sigmas.back() == 0 && !choice.sampler.chooses_steps;
  if (has_zero) sigmas.pop_back();
  gain.at_lowest = has_zero ? diffusion::noise_gain(choice.sampler, sigmas, options) : gain.at_end;
  return gain;
}

std::vector<std::string> world_names() {
  std::vector<std::string> names;
  for (const World& world : worlds()) names.push_back(world.name);
  return names;
}

}  // namespace darkroom::lab
