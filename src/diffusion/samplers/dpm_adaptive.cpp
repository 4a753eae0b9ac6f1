// DPM-Solver-3 that chooses its own steps by the difference from order 2. Follows k-diffusion, sample_dpm_adaptive.
#include "base/error.h"
#include "diffusion/samplers/dpm_solver.h"

namespace darkroom::diffusion {
namespace {

constexpr double kFirstStep = 0.05, kAccept = 0.81;
constexpr int kMostAttempts = 10000;

/// Root mean square of low - high over the whole batch, in units of what is tolerated.
double estimated_error(const Tensor& low, const Tensor& high, const Tensor& previous_low,
                       const SampleOptions& options) {
  const Tensor delta =
      at::maximum(low.abs(), previous_low.abs()).mul(options.relative_tolerance).clamp_min(options.absolute_tolerance);
  const float norm = ((low - high) / delta).norm().item<float>();
  return norm / float(std::sqrt(double(low.numel())));
}

/// How much longer the next step may be. Of the reference's controller only its integral part is on by default.
double step_factor(double error, double order) {
  return 1 + std::atan(std::pow(1 / (error + 1e-8), 1 / order) - 1);
}

}  // namespace

// Parity: of the levels only the two ends count. The reference ends at the lowest positive one.
Tensor sample_dpm_adaptive(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options) {
  if (sigmas.size() < 3) return x;
  const float start = solver_time(sigmas.front()), end = solver_time(lowest_level(sigmas));
  const bool third = options.order != 2;
  const double order = options.eta > 0 ? 1.5 : third ? 3 : 2;
  const int steps = int(sigmas.size()) - 1;
  float s = start;
  double h = kFirstStep;
  Tensor previous_low = x;
  for (int attempt = 0; s < end - 1e-5; ++attempt) {
    require(attempt < kMostAttempts, ErrorKind::internal,
            "sample with DPM adaptive: the end must be reached in {} attempts, but level {} was; try another sampler",
            kMostAttempts, solver_level(s));
    const float t = std::min(end, s + float(h));
    require(
        t > s, ErrorKind::internal,
        "sample with DPM adaptive: at level {} no step is short enough for the tolerances; try larger ones (--rtol, "
        "--atol), or another sampler",
        solver_level(s));
    const auto [down, up] = ancestral_times(s, t, end, options.eta);
    DpmSolverStep step(denoise, x, s);
    options.on_step(
        {std::min(steps - 1, int(steps * (s - start) / (end - start))), solver_level(s), x, step.denoised()});
    const Tensor low = third ? step.second_order(down, 1.0f / 3) : step.first_order(down);
    const Tensor high = third ? step.third_order(down) : step.second_order(down, 0.5f);
    const double error = estimated_error(low, high, previous_low, options);
    require(std::isfinite(error), ErrorKind::internal,
            "sample with DPM adaptive: at level {} the network answered values that are no numbers; are its weights "
            "damaged? Otherwise try --precision fp32",
            solver_level(s));
    const double factor = step_factor(error, order);
    if (factor >= kAccept) {
      previous_low = low;
      x = high;
      if (options.eta > 0) x = x + options.noise(solver_level(s), solver_level(t)) * (options.s_noise * up);
      s = t;
    }
    h *= factor;
  }
  return options.solvers_end_at_lowest ? x : denoised_at_lowest(denoise, x, sigmas, steps - 1, options);
}

}  // namespace darkroom::diffusion
