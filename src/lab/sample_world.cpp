#include "lab/sample_world.h"

#include "base/error.h"
#include "diffusion/noise_gain.h"
#include "generate/sampling.h"
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

const diffusion::NoiseSchedule& stable_diffusion() {
  static const diffusion::NoiseSchedule schedule;
  return schedule;
}

}  // namespace

std::vector<double> run_levels(const generate::GenerateRequest& request, bool is_sdxl) {
  return generate::sampling_of(request, stable_diffusion(), is_sdxl).sigmas;
}

WorldResult sample_world(const WorldRequest& request) {
  NoGrad guard;
  check_shape(request);
  const World& world = world_named(request.world);
  const generate::Sampling sampling = generate::sampling_of(request.sampling, stable_diffusion(), /*is_sdxl=*/false);
  diffusion::RunNoise noise(sampling.choice.sampler, sampling.noise, sampling.options.eta, request.seeds, request.shape,
                            sampling.sigmas,
                            {.source = diffusion::random_source_named(request.sampling.rng),
                             .seed_delta = std::uint64_t(request.sampling.seed_delta)});
  diffusion::SampleOptions options = sampling.options;
  options.noise = noise.source();

  WorldResult result;
  const auto counted = [&](const Tensor& x, double sigma) { return ++result.calls, world.denoised(x, sigma); };
  const Tensor end = sampling.sample(counted, noise.first(), options).contiguous();
  result.result.assign(end.data_ptr<float>(), end.data_ptr<float>() + end.numel());
  return result;
}

GainResult error_gain(const generate::GenerateRequest& request) {
  NoGrad guard;
  const generate::Sampling sampling = generate::sampling_of(request, stable_diffusion(), /*is_sdxl=*/false);
  const diffusion::SamplerInfo& sampler = sampling.choice.sampler;
  const auto gain = [&](const diffusion::Sigmas& sigmas) {
    return diffusion::noise_gain(sampler, sigmas, sampling.options);
  };
  const double at_end = gain(sampling.sigmas);
  diffusion::Sigmas positive = sampling.sigmas;
  const bool has_zero = positive.back() == 0 && !sampler.chooses_steps;
  if (has_zero) positive.pop_back();
  return {.at_lowest = has_zero ? gain(positive) : at_end, .at_end = at_end};
}

std::vector<std::string> world_names() {
  std::vector<std::string> names;
  for (const World& world : worlds()) names.push_back(world.name);
  return names;
}

}  // namespace darkroom::lab
