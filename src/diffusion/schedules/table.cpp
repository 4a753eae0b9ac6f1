// Levels taken from a table: the model's own (A1111, sd_schedulers.py: simple, ddim; Forge: turbo; diffusers,
// scheduling_lcm.py: lcm), or NVIDIA's for few steps (Sabour et al. 2024, "Align Your Steps").
#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"
#include "diffusion/schedules/levels.h"

namespace darkroom::diffusion {
namespace {

using TenSteps = std::array<double, 11>;
constexpr TenSteps kSd1 = {14.615, 6.475, 3.861, 2.697, 1.886, 1.396, 0.963, 0.652, 0.399, 0.152, 0.029};
constexpr TenSteps kSdxl = {14.615, 6.315, 3.771, 2.181, 1.342, 0.862, 0.555, 0.380, 0.234, 0.113, 0.029};

/// The table at a fractional place, ln(sigma) being linear between entries.
double level_at(const TenSteps& table, double place) {
  const size_t below = std::min<size_t>(size_t(place), table.size() - 2);
  const double share = place - double(below);
  return std::exp((1 - share) * std::log(table[below]) + share * std::log(table[below + 1]));
}

}  // namespace

Sigmas simple_sigmas(const NoiseSchedule& schedule, int n, const SigmaOptions&) {
  check_steps(n);
  const auto& table = schedule.sigmas();
  const double stride = double(table.size()) / n;
  Sigmas sigmas;
  for (int i = 0; i < n; ++i) sigmas.push_back(table[table.size() - 1 - size_t(i * stride)]);
  return falling_to_zero(sigmas);
}

Sigmas ddim_sigmas(const NoiseSchedule& schedule, int n, const SigmaOptions&) {
  check_steps(n);
  const auto& table = schedule.sigmas();
  const size_t stride = std::max<size_t>(table.size() / n, 1);
  Sigmas sigmas;
  for (size_t t = 1; t < table.size(); t += stride) sigmas.insert(sigmas.begin(), table[t]);
  return falling_to_zero(sigmas);
}

Sigmas turbo_sigmas(const NoiseSchedule& schedule, int n, const SigmaOptions&) {
  check_steps(n);
  const auto& table = schedule.sigmas();
  require(n <= int(table.size()), ErrorKind::invalid_request,
          "choose {} noise levels: Turbo has one for each of the model's {} timesteps; try fewer steps", n,
          table.size());
  Sigmas sigmas;
  for (int i = 0; i < n; ++i)
    sigmas.push_back(table[size_t(std::nearbyint(double(n - i) * double(table.size()) / n)) - 1]);
  return falling_to_zero(sigmas);
}

Sigmas lcm_sigmas(const NoiseSchedule& schedule, int n, const SigmaOptions&) {
  check_steps(n);
  constexpr int kTrained = 50;
  const auto& table = schedule.sigmas();
  require(n <= kTrained && table.size() >= kTrained, ErrorKind::invalid_request,
          "choose {} noise levels: LCM has {} of them; try fewer steps, or another schedule", n, kTrained);
  const size_t stride = table.size() / kTrained;
  Sigmas sigmas;
  for (int i = 0; i < n; ++i) sigmas.push_back(table[size_t(kTrained - i * kTrained / n) * stride - 1]);
  return falling_to_zero(sigmas);
}

Sigmas align_your_steps_sigmas(const NoiseSchedule&, int n, const SigmaOptions& options) {
  check_steps(n);
  const TenSteps& table = options.is_sdxl ? kSdxl : kSd1;
  Sigmas sigmas;
  for (int i = 0; i < n; ++i) {
    const double place = n > 1 ? double(i) * double(table.size() - 1) / (n - 1) : 0;
    sigmas.push_back(float(n == int(table.size()) ? table[i] : level_at(table, place)));
  }
  return falling_to_zero(sigmas);
}

}  // namespace darkroom::diffusion
