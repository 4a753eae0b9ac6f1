// DPM-Solver-3 with a fixed budget of calls. Follows k-diffusion, sample_dpm_fast.
#include "diffusion/float32.h"
#include "diffusion/samplers/dpm_solver.h"

namespace darkroom::diffusion {
namespace {

/// Orders of the intervals: threes, and what is left of n calls.
std::vector<int> interval_orders(int n) {
  std::vector<int> orders(n / 3 + 1, 3);
  if (n % 3 == 0) {
    orders.back() = 1;
    if (orders.size() > 1) orders[orders.size() - 2] = 2;
  } else {
    orders.back() = n % 3;
  }
  return orders;
}

Tensor step_of_order(DpmSolverStep& step, int order, float t) {
  if (order == 1) return step.first_order(t);
  if (order == 2) return step.second_order(t, 0.5f);
  return step.third_order(t);
}

}  // namespace

// Parity: of the levels only the number and the two ends count. The reference ends at the lowest positive one.
Tensor sample_dpm_fast(const Denoiser& denoise, Tensor x, const Sigmas& sigmas, const SampleOptions& options) {
  const int all_calls = int(sigmas.size()) - 1;
  if (all_calls < 1 || (all_calls < 2 && options.solvers_end_at_lowest)) return x;
  int calls = 0;
  if (all_calls >= 2) {
    const std::vector<int> orders = interval_orders(options.solvers_end_at_lowest ? all_calls : all_calls - 1);
    const float start = solver_time(sigmas.front()), end = solver_time(lowest_level(sigmas));
    const std::vector<float> times = float32_linspace(start, end, int(orders.size()) + 1);
    for (size_t i = 0; i < orders.size(); ++i) {
      DpmSolverStep step(denoise, x, times[i]);
      options.on_step({calls, solver_level(times[i]), x, step.denoised()});
      const auto [down, up] = ancestral_times(times[i], times[i + 1], end, options.eta);
      const Tensor next = step_of_order(step, orders[i], down);
      x = next + options.noise(solver_level(times[i]), solver_level(times[i + 1])) * (options.s_noise * up);
      calls += orders[i];
    }
  }
  return options.solvers_end_at_lowest ? x : denoised_at_lowest(denoise, x, sigmas, calls, options);
}

}  // namespace darkroom::diffusion
