#include "diffusion/samplers.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "diffusion/nearest_names.h"

namespace darkroom::diffusion {
namespace {

const SamplerInfo* known_sampler(std::string_view name) {
  for (const SamplerInfo& sampler : samplers()) {
    if (same_name(name, sampler.name)) return &sampler;
    for (const std::string& alias : sampler.aliases) {
      if (same_name(name, alias)) return &sampler;
    }
  }
  return nullptr;
}

/// What stands before `ending`, if the name ends with it; else nothing.
std::string_view without_ending(std::string_view name, std::string_view ending) {
  if (ending.empty() || name.size() <= ending.size()) return {};
  const size_t at = name.size() - ending.size();
  return same_name(name.substr(at), ending) ? name.substr(0, at) : std::string_view();
}

/// "DPM++ 2M Karras": the sampler and the schedule joined to it, or nulls.
std::pair<const SamplerInfo*, const SigmaSchedule*> split_joined(std::string_view name) {
  for (const SigmaSchedule& schedule : sigma_schedules()) {
    std::vector<std::string> endings = {" " + schedule.label, " " + schedule.name, schedule.alias_suffix};
    for (const std::string& alias : schedule.aliases) endings.push_back(" " + alias);
    for (const std::string& ending : endings) {
      if (const SamplerInfo* sampler = known_sampler(without_ending(name, ending))) return {sampler, &schedule};
    }
  }
  return {nullptr, nullptr};
}

[[noreturn]] void fail_unknown(std::string_view name) {
  std::vector<std::string> names;
  for (const SamplerInfo& sampler : samplers()) names.push_back(sampler.name);
  fail(ErrorKind::invalid_request,
       "choose the sampler \"{:.80}\": it must be one of the known samplers; did you mean {}?", name,
       nearest_names_text(name, names));
}

}  // namespace

const std::vector<SamplerInfo>& samplers() {
  static const std::vector<SamplerInfo> table = {
      {.name = "DPM++ 2M",
       .aliases = {"k_dpmpp_2m", "dpmpp_2m"},
       .sample = sample_dpmpp_2m,
       .default_schedule = "karras",
       .draws_noise = false},
      {.name = "DPM++ SDE",
       .aliases = {"k_dpmpp_sde", "dpmpp_sde"},
       .sample = sample_dpmpp_sde,
       .default_schedule = "karras",
       .calls_per_step = 2,
       .is_brownian = true},
      {.name = "DPM++ 2M SDE",
       .aliases = {"k_dpmpp_2m_sde", "dpmpp_2m_sde"},
       .sample = sample_dpmpp_2m_sde,
       .default_schedule = "exponential",
       .is_brownian = true},
      {.name = "DPM++ 2M SDE Heun",
       .aliases = {"k_dpmpp_2m_sde_heun", "dpmpp_2m_sde_heun"},
       .sample = sample_dpmpp_2m_sde_heun,
       .default_schedule = "exponential",
       .is_brownian = true},
      {.name = "DPM++ 2S a",
       .aliases = {"k_dpmpp_2s_a", "dpmpp_2s_ancestral", "dpmpp_2s_a"},
       .sample = sample_dpmpp_2s_ancestral,
       .default_schedule = "karras",
       .calls_per_step = 2},
      {.name = "DPM++ 3M SDE",
       .aliases = {"k_dpmpp_3m_sde", "dpmpp_3m_sde"},
       .sample = sample_dpmpp_3m_sde,
       .default_schedule = "exponential",
       .discards_lowest = true,
       .is_brownian = true},
      {.name = "Euler a",
       .aliases = {"k_euler_a", "k_euler_ancestral", "euler_ancestral", "euler_a"},
       .sample = sample_euler_ancestral},
      {.name = "Euler", .aliases = {"k_euler"}, .sample = sample_euler},
      {.name = "LMS", .aliases = {"k_lms"}, .sample = sample_lms, .draws_noise = false},
      {.name = "Heun", .aliases = {"k_heun"}, .sample = sample_heun, .calls_per_step = 2},
      {.name = "DPM2",
       .aliases = {"k_dpm_2", "dpm_2"},
       .sample = sample_dpm_2,
       .default_schedule = "karras",
       .calls_per_step = 2,
       .discards_lowest = true},
      {.name = "DPM2 a",
       .aliases = {"k_dpm_2_a", "dpm_2_ancestral", "dpm2_a"},
       .sample = sample_dpm_2_ancestral,
       .default_schedule = "karras",
       .calls_per_step = 2,
       .discards_lowest = true},
      {.name = "DPM fast", .aliases = {"k_dpm_fast", "dpm_fast"}, .sample = sample_dpm_fast, .chooses_steps = true},
      {.name = "DPM adaptive",
       .aliases = {"k_dpm_ad", "dpm_adaptive"},
       .sample = sample_dpm_adaptive,
       .calls_per_step = 3,
       .chooses_steps = true},
      {.name = "Restart", .sample = sample_restart, .default_schedule = "karras", .calls_per_step = 2},
      {.name = "DDIM", .sample = sample_ddim, .default_eta = 0, .own_levels = timestep_levels},
      {.name = "PLMS", .sample = sample_plms, .draws_noise = false, .own_levels = timestep_levels},
      {.name = "UniPC",
       .aliases = {"uni_pc"},
       .sample = sample_unipc,
       .draws_noise = false,
       .own_levels = unipc_levels},
  };
  return table;
}

SamplerChoice choose_sampler(std::string_view sampler, std::string_view schedule) {
  const SigmaSchedule* asked = is_automatic_schedule(schedule) ? nullptr : &sigma_schedule_named(schedule);
  if (const SamplerInfo* known = known_sampler(sampler)) {
    require(!asked || !known->own_levels, ErrorKind::invalid_request,
            "choose the schedule \"{}\": {} has noise levels of its own; leave the schedule out",
            asked ? asked->label : "", known->name);
    return {*known, asked ? *asked : sigma_schedule_named(known->default_schedule)};
  }
  const auto [known, joined] = split_joined(sampler);
  if (!known || known->own_levels) fail_unknown(sampler);
  require(
      !asked || asked == joined, ErrorKind::invalid_request,
      "choose the sampler \"{}\": its name already asks for the schedule {}, but {} was given too; name the sampler "
      "\"{}\"",
      sampler, joined->name, asked ? asked->name : "", known->name);
  return {*known, *joined};
}

double start_scale(const SamplerInfo& sampler, const Sigmas& sigmas) {
  return sampler.own_levels ? std::sqrt(1 + sigmas.front() * sigmas.front()) : sigmas.front();
}

Sigmas run_sigmas(const SamplerChoice& choice, const NoiseSchedule& schedule, int n, const SigmaOptions& options) {
  if (choice.sampler.own_levels) return choice.sampler.own_levels(schedule, n, options);
  if (!choice.sampler.discards_lowest) return choice.schedule.sigmas(schedule, n, options);
  Sigmas sigmas = choice.schedule.sigmas(schedule, n + 1, options);
  sigmas.erase(sigmas.end() - 2);
  return sigmas;
}

}  // namespace darkroom::diffusion
