// The noise levels of one run, from the highest to 0: one function for each way of spacing them, and their table.
// Source of truth: k-diffusion, sampling.py and external.py (get_sigmas*); names as in A1111's "Schedule type".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "diffusion/noise_schedule.h"

namespace darkroom::diffusion {

/// Descending; the last is 0 (but for kl_optimal). n steps need n + 1 levels. Values are float32 numbers, held as
/// double for host arithmetic.
using Sigmas = std::vector<double>;

/// The lowest positive level. Requires: there is one among the last two.
inline double lowest_level(const Sigmas& sigmas) {
  return sigmas.back() > 0 ? sigmas.back() : sigmas[sigmas.size() - 2];
}

/// 0 stands for "the model's" (sigma_min, sigma_max) or "the schedule's own" (rho: 7 for karras, 1 for
/// polyexponential).
struct SigmaOptions {
  double sigma_min = 0;
  double sigma_max = 0;
  double rho = 0;
  bool is_sdxl = false;  ///< align_your_steps has a table of its own for it
};

/// n levels and a final 0. All throw Error{invalid_request} unless 1 <= n <= 10000, 1e-6 <= sigma_min < sigma_max <=
/// 1e6, 0.2 <= rho <= 100, and the levels fall in float32. With n = 1 the only level is sigma_max. uniform: equal
/// distances in t; takes no options.
Sigmas uniform_sigmas(const NoiseSchedule& schedule, int n, const SigmaOptions& options = {});
/// karras: equal distances in sigma^(1/rho) (Karras et al. 2022, equation 5).
Sigmas karras_sigmas(const NoiseSchedule& schedule, int n, const SigmaOptions& options = {});
/// exponential: equal distances in ln(sigma).
Sigmas exponential_sigmas(const NoiseSchedule& schedule, int n, const SigmaOptions& options = {});
/// polyexponential: ln(sigma) falls as the rho-th power of equal distances.
Sigmas polyexponential_sigmas(const NoiseSchedule& schedule, int n, const SigmaOptions& options = {});
/// normal: as uniform, between the timesteps of sigma_max and sigma_min.
Sigmas normal_sigmas(const NoiseSchedule& schedule, int n, const SigmaOptions& options = {});
/// sgm_uniform: the same with one more level, of which the last is left out: the last step is as long as the others in
/// t.
Sigmas sgm_uniform_sigmas(const NoiseSchedule& schedule, int n, const SigmaOptions& options = {});
/// simple: every (T / n)-th level of the model's table, from the top; takes no options.
Sigmas simple_sigmas(const NoiseSchedule& schedule, int n, const SigmaOptions& options = {});
/// ddim: levels 1, 1 + s, 1 + 2s, ... of the model's table with s = T / n rounded down, so that there may be more than
/// n; takes no options.
Sigmas ddim_sigmas(const NoiseSchedule& schedule, int n, const SigmaOptions& options = {});
/// align_your_steps: NVIDIA's ten steps, ln(sigma) interpolated for other n; the model's ends do not count.
Sigmas align_your_steps_sigmas(const NoiseSchedule& schedule, int n, const SigmaOptions& options = {});
/// kl_optimal: equal distances in arctan(sigma); ends at sigma_min, not at 0.
Sigmas kl_optimal_sigmas(const NoiseSchedule& schedule, int n, const SigmaOptions& options = {});
/// turbo: every (T / n)-th timestep counted from the last ("trailing" in diffusers); takes no options.
Sigmas turbo_sigmas(const NoiseSchedule& schedule, int n, const SigmaOptions& options = {});
/// lcm: n of the fifty timesteps that LCM was distilled on; at most 50; takes no options.
Sigmas lcm_sigmas(const NoiseSchedule& schedule, int n, const SigmaOptions& options = {});
/// vp: the "variance preserving" process of Song et al. 2021 in equal steps of its time, whatever the model's levels;
/// takes no options.
Sigmas vp_sigmas(const NoiseSchedule& schedule, int n, const SigmaOptions& options = {});
/// laplace: quantiles of a Laplace distribution of ln(sigma) around 0, cut off at sigma_min and sigma_max; levels that
/// fall together count once.
Sigmas laplace_sigmas(const NoiseSchedule& schedule, int n, const SigmaOptions& options = {});
/// beta: quantiles of the beta distribution (0.6, 0.6) between sigma_min and sigma_max. beta_timesteps: the same in the
/// model's timestep, rounded; timesteps that fall together count once.
Sigmas beta_timesteps_sigmas(const NoiseSchedule& schedule, int n, const SigmaOptions& options = {});
Sigmas beta_sigmas(const NoiseSchedule& schedule, int n, const SigmaOptions& options = {});

/// One row of the table of schedules.
struct SigmaSchedule {
  std::string name;                  ///< as in requests and in the A1111 interface: "karras"
  std::string label;                 ///< as in menus and infotext: "Karras"
  std::vector<std::string> aliases;  ///< other spellings
  std::string alias_suffix;          ///< what old sampler aliases append ("_ka" in k_dpmpp_2m_ka); may be empty
  Sigmas (*sigmas)(const NoiseSchedule&, int n, const SigmaOptions&);
};

/// All schedules, in the order in which they are offered.
const std::vector<SigmaSchedule>& sigma_schedules();

/// By name, label or alias, in any case. Throws Error{invalid_request} that lists the nearest names.
const SigmaSchedule& sigma_schedule_named(std::string_view name);

/// Whether `name` leaves the choice to the sampler: "automatic" in any case, or nothing.
bool is_automatic_schedule(std::string_view name);

}  // namespace darkroom::diffusion
