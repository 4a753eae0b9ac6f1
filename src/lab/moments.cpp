#include "lab/moments.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "diffusion/samplers.h"
#include "lab/worlds.h"

namespace darkroom::lab {
namespace {

using diffusion::SampleOptions;
using diffusion::SamplerInfo;
using diffusion::Sigmas;

/// The variance of a linear sampler's result, from the responses to each independent source: the start, and the
/// increments between all levels at which noise was asked.
double final_variance(const SamplerInfo& sampler, const Sigmas& sigmas) {
  std::set<double> asked;
  SampleOptions options;
  options.noise = [&](double sigma, double next) {
    asked.insert({sigma, next});
    return at::zeros({1}, at::kDouble);
  };
  const auto& denoised = world_named("gaussian").denoised;
  sampler.sample(denoised, at::ones({1}, at::kDouble), sigmas, options);

  const std::vector<double> levels(asked.begin(), asked.end());
  const std::int64_t sources = std::max<std::int64_t>(1, std::int64_t(levels.size()));
  options.noise = [&](double sigma, double next) {
    const Tensor response = at::zeros({sources}, at::kDouble);
    const double high = std::max(sigma, next), low = std::min(sigma, next);
    for (size_t k = 0; k + 1 < levels.size(); ++k) {
      if (levels[k] >= low && levels[k + 1] <= high)
        response[std::int64_t(k) + 1].fill_(std::sqrt((levels[k + 1] - levels[k]) / (high - low)));
    }
    return response;
  };
  const Tensor start = at::zeros({sources}, at::kDouble);
  start[0].fill_(sigmas.front());
  return sampler.sample(denoised, start, sigmas, options).square().sum().item<double>();
}

}  // namespace

MomentsTable measure_moments() {
  NoGrad guard;
  const diffusion::NoiseSchedule model;
  MomentsTable table{.steps = {5, 10, 20, 50, 100}, .rows = {}};
  for (const char* name : {"Euler", "Heun", "DPM2", "DPM++ 2M", "LMS", "UniPC", "DEIS", "Euler a", "DPM2 a",
                           "DPM++ 2S a", "DPM++ SDE", "DPM++ 2M SDE", "DPM++ 2M SDE Heun", "DPM++ 3M SDE"}) {
    const SamplerInfo& sampler = diffusion::choose_sampler(name).sampler;
    MomentsRow row{.sampler = name, .variances = {}};
    for (const int n : table.steps)
      row.variances.push_back(final_variance(sampler, diffusion::karras_sigmas(model, n)));
    table.rows.push_back(row);
  }
  return table;
}

}  // namespace darkroom::lab
