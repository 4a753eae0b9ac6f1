#include "diffusion/sigmas.h"

#include <algorithm>

#include "base/error.h"
#include "diffusion/nearest_names.h"

namespace darkroom::diffusion {

const std::vector<SigmaSchedule>& sigma_schedules() {
  static const std::vector<SigmaSchedule> table = {
      {"uniform", "Uniform", {}, "", uniform_sigmas},
      {"karras", "Karras", {}, "_ka", karras_sigmas},
      {"exponential", "Exponential", {}, "_exp", exponential_sigmas},
      {"polyexponential", "Polyexponential", {}, "", polyexponential_sigmas},
      {"sgm_uniform", "SGM Uniform", {"SGMUniform"}, "", sgm_uniform_sigmas},
      {"kl_optimal", "KL Optimal", {}, "", kl_optimal_sigmas},
      {"align_your_steps", "Align Your Steps", {}, "", align_your_steps_sigmas},
      {"simple", "Simple", {}, "", simple_sigmas},
      {"normal", "Normal", {}, "", normal_sigmas},
      {"ddim", "DDIM", {"ddim_uniform"}, "", ddim_sigmas},
      {"beta", "Beta", {}, "", beta_sigmas},
      {"beta_timesteps", "Beta timesteps", {}, "", beta_timesteps_sigmas},
      {"turbo", "Turbo", {"trailing"}, "", turbo_sigmas},
      {"lcm", "LCM", {}, "", lcm_sigmas},
      {"laplace", "Laplace", {}, "", laplace_sigmas},
      {"vp", "VP", {}, "", vp_sigmas},
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
