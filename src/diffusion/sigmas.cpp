#include "diffusion/sigmas.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "diffusion/float32.h"
#include "diffusion/nearest_names.h"

namespace darkroom::diffusion {
namespace {

constexpr int kMostSteps = 10000;
constexpr double kKarrasRho = 7;

void check_count(int n) {
  require(n >= 1 && n <= kMostSteps, ErrorKind::invalid_request,
          "choose noise levels: the number of steps must be from 1 to {}, but is {}", kMostSteps, n);
}

/// The options with their zeros replaced by what they stand for, in ranges that float32 can compute with.
SigmaOptions completed(const NoiseSchedule& schedule, SigmaOptions options) {
  if (options.sigma_min == 0) options.sigma_min = schedule.sigma_min();
  if (options.sigma_max == 0) options.sigma_max = schedule.sigma_max();
  if (options.rho == 0) options.rho = kKarrasRho;
  const auto [lowest, highest, rho] = options;
  require(lowest >= 1e-6 && lowest < highest && highest <= 1e6, ErrorKind::invalid_request,
          "choose noise levels: 1e-6 <= sigma_min < sigma_max <= 1e6 must hold, but they are {} and {}", lowest,
          highest);
  require(rho >= 0.2 && rho <= 100, ErrorKind::invalid_request,
          "choose noise levels: rho must be from 0.2 to 100, but is {}", rho);
  return options;
}

/// With the final 0. Options can bring levels closer together than float32 can tell apart.
Sigmas checked(Sigmas sigmas) {
  sigmas.push_back(0);
  for (size_t i = 0; i + 1 < sigmas.size(); ++i) {
    require(
        sigmas[i] > sigmas[i + 1], ErrorKind::invalid_request,
        "choose {} noise levels: they must fall, but level {} is {} and the next {}; try other values of sigma_min, "
        "sigma_max, rho",
        sigmas.size() - 1, i, sigmas[i], sigmas[i + 1]);
  }
  return sigmas;
}

}  // namespace

Sigmas uniform_sigmas(const NoiseSchedule& schedule, int n, const SigmaOptions&) {
  check_count(n);
  Sigmas sigmas;
  for (const float t : float32_linspace(float(schedule.timesteps() - 1), 0, n)) sigmas.push_back(schedule.sigma(t));
  return checked(sigmas);
}

Sigmas karras_sigmas(const NoiseSchedule& schedule, int n, const SigmaOptions& options) {
  check_count(n);
  const auto [sigma_min, sigma_max, rho] = completed(schedule, options);
  const double top = std::pow(sigma_max, 1 / rho), bottom = std::pow(sigma_min, 1 / rho);
  const float start = float(top), distance = float(bottom - top);
  std::vector<float> roots = float32_linspace(0, 1, n);
  for (float& root : roots) {
    root *= distance;  // a statement of its own: the product is rounded before the sum
    root += start;
    require(
        std::isnormal(root), ErrorKind::invalid_request,
        "choose {} noise levels: the rho-th roots of the levels must be numbers that float32 tells apart, but between "
        "{} and {} one is {}; try a rho nearer to 7",
        n, top, bottom, root);
  }
  const std::vector<float> levels = float32_pow(std::move(roots), float(rho));
  return checked({levels.begin(), levels.end()});
}

Sigmas exponential_sigmas(const NoiseSchedule& schedule, int n, const SigmaOptions& options) {
  check_count(n);
  const SigmaOptions range = completed(schedule, options);
  Sigmas sigmas;
  for (const float log_sigma : float32_linspace(float(std::log(range.sigma_max)), float(std::log(range.sigma_min)), n))
    sigmas.push_back(float32_exp(log_sigma));
  return checked(sigmas);
}

const std::vector<SigmaSchedule>& sigma_schedules() {
  static const std::vector<SigmaSchedule> table = {
      {"uniform", "Uniform", {}, "", uniform_sigmas},
      {"karras", "Karras", {}, "_ka", karras_sigmas},
      {"exponential", "Exponential", {}, "_exp", exponential_sigmas},
  };
  return table;
}

const SigmaSchedule& sigma_schedule_named(std::string_view name) {
  std::vector<std::string> names;
  for (const SigmaSchedule& schedule : sigma_schedules()) {
    const auto is_asked = [&](std::string_view other) { return same_name(name, other); };
    if (is_asked(schedule.name) || is_asked(schedule.label)) return schedule;
    if (std::any_of(schedule.aliases.begin(), schedule.aliases.end(), is_asked)) return schedule;
    names.push_back(schedule.label);
  }
  names.push_back("Automatic");
  fail(ErrorKind::invalid_request,
       "choose the schedule \"{:.80}\": it must be one of the known schedules; did you mean {}?", name,
       nearest_names_text(name, names));
}

bool is_automatic_schedule(std::string_view name) {
  return name.empty() || same_name(name, "automatic");
}

}  // namespace darkroom::diffusion
