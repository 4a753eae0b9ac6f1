#include "lab/order.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <tuple>

#include "diffusion/samplers.h"
#include "lab/worlds.h"

namespace darkroom::lab {
namespace {

using diffusion::SampleOptions;
using diffusion::SamplerInfo;
using diffusion::Sigmas;

constexpr int kPoints = 16;
constexpr std::array<int, 6> kSteps = {10, 20, 40, 80, 160, 320};
// Budgets of calls with which DPM fast takes steps of order 3 and a last one of order 2.
constexpr std::array<int, 6> kFastCalls = {14, 26, 50, 98, 194, 386};
constexpr std::array<std::pair<double, double>, 6> kTolerances = {
    {{0.05, 0.0078}, {1e-2, 1e-3}, {1e-3, 1e-4}, {1e-4, 1e-5}, {1e-5, 1e-6}, {1e-6, 1e-7}}};

const diffusion::NoiseSchedule& model() {
  static const diffusion::NoiseSchedule schedule;
  return schedule;
}

struct Run {
  int calls = 0;
  double error = 0;
};

/// From sigma_max to the lowest positive level: a run over all levels whose last step is left out of the account.
Run run_of(const SamplerInfo& sampler, const Sigmas& sigmas, SampleOptions options) {
  const Tensor unit = (at::arange(kPoints, at::kDouble) + 0.5) * (4.0 / kPoints) - 2;
  const Tensor start = unit * sigmas.front();
  const double end = diffusion::lowest_level(sigmas);
  Run run;
  Tensor x;
  options.noise = [&](double, double) { return at::zeros_like(start); };
  options.on_step = [&](const diffusion::StepEvent& event) {
    if (event.sigma == end) x = event.x;
  };
  const World& world = world_named("mixture");
  const auto counted = [&](const Tensor& at, double sigma) { return ++run.calls, world.denoised(at, sigma); };
  const Tensor result = sampler.sample(counted, start, sigmas, options);
  if (sampler.chooses_steps)
    x = result;  // these end there
  else
    --run.calls;
  double sum = 0;
  for (int i = 0; i < kPoints; ++i)
    sum += std::pow(x[i].item<double>() - mixture_flow(start[i].item<double>(), sigmas.front(), end), 2);
  run.error = std::sqrt(sum / kPoints);
  return run;
}

/// Refinement `i` of `sampler`.
Run refined(const SamplerInfo& sampler, size_t i, SampleOptions options, int& steps) {
  steps = sampler.chooses_steps ? kFastCalls[i] : kSteps[i];
  if (sampler.adapts_to_latent) {
    steps = kSteps[0];  // only the ends count
    std::tie(options.relative_tolerance, options.absolute_tolerance) = kTolerances[i];
  }
  return run_of(sampler, diffusion::karras_sigmas(model(), steps), options);
}

/// Those that follow the exact flow when no noise is drawn: not the ones that put noise back on purpose.
bool follows_the_flow(const SamplerInfo& sampler) {
  return sampler.name != "LCM" && sampler.name != "Restart";
}

}  // namespace

std::vector<OrderRow> measure_order() {
  NoGrad guard;
  std::vector<OrderRow> rows;
  for (const SamplerInfo& sampler : diffusion::samplers()) {
    if (!follows_the_flow(sampler)) continue;
    SampleOptions options;
    options.eta = 0;
    options.solvers_end_at_lowest = true;
    OrderRow row{.sampler =
                     sampler.default_eta > 0 && sampler.noise == diffusion::NoiseUse::path && !sampler.chooses_steps
                         ? fmt::format("{}, eta 0", sampler.name)
                         : sampler.name};
    for (size_t i = 0; i < kSteps.size(); ++i) {
      int steps = 0;
      const Run run = refined(sampler, i, options, steps);
      row.steps.push_back(steps);
      row.calls.push_back(run.calls);
      row.errors.push_back(run.error);
    }
    const size_t last = kSteps.size() - 1;
    row.order = std::log(row.errors[last - 1] / row.errors[last]) /
                std::log(double(row.calls[last]) / double(row.calls[last - 1]));
    rows.push_back(row);
  }
  return rows;
}

}  // namespace darkroom::lab
