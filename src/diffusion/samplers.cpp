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
  constexpr auto path = NoiseUse::path, fresh = NoiseUse::fresh;
  static const std::vector<SamplerInfo> table = {
      {.name = "DPM++ 2M",
       .aliases = {"k_dpmpp_2m", "dpmpp_2m"},
       .sample = sample_dpmpp_2m,
       .default_schedule = "karras"},
      {.name = "DPM++ SDE",
       .aliases = {"k_dpmpp_sde", "dpmpp_sde"},
       .sample = sample_dpmpp_sde,
       .default_schedule = "karras",
       .calls_per_step = 2,
       .noise = path,
       .is_brownian = true},
      {.name = "DPM++ 2M SDE",
       .aliases = {"k_dpmpp_2m_sde", "dpmpp_2m_sde"},
       .sample = sample_dpmpp_2m_sde,
       .default_schedule = "exponential",
       .noise = path,
       .is_brownian = true},
      {.name = "DPM++ 2M SDE Heun",
       .aliases = {"k_dpmpp_2m_sde_heun", "dpmpp_2m_sde_heun"},
       .sample = sample_dpmpp_2m_sde_heun,
       .default_schedule = "exponential",
       .noise = path,
       .is_brownian = true},
      {.name = "DPM++ 2S a",
       .aliases = {"k_dpmpp_2s_a", "dpmpp_2s_ancestral", "dpmpp_2s_a"},
       .sample = sample_dpmpp_2s_ancestral,
       .default_schedule = "karras",
       .calls_per_step = 2,
       .noise = path},
      {.name = "DPM++ 3M SDE",
       .aliases = {"k_dpmpp_3m_sde", "dpmpp_3m_sde"},
       .sample = sample_dpmpp_3m_sde,
       .default_schedule = "exponential",
       .noise = path,
       .is_brownian = true,
       .discards_lowest = true},
      {.name = "Euler a",
       .aliases = {"k_euler_a", "k_euler_ancestral", "euler_ancestral", "euler_a"},
       .sample = sample_euler_ancestral,
       .noise = path},
      {.name = "Euler", .aliases = {"k_euler"}, .sample = sample_euler, .noise = fresh},
      {.name = "LMS", .aliases = {"k_lms"}, .sample = sample_lms, .least_order = 1, .most_order = 4},
      {.name = "Heun", .aliases = {"k_heun"}, .sample = sample_heun, .calls_per_step = 2, .noise = fresh},
      {.name = "DPM2",
       .aliases = {"k_dpm_2", "dpm_2"},
       .sample = sample_dpm_2,
       .default_schedule = "karras",
       .calls_per_step = 2,
       .noise = fresh,
       .discards_lowest = true},
      {.name = "DPM2 a",
       .aliases = {"k_dpm_2_a", "dpm_2_ancestral", "dpm2_a"},
       .sample = sample_dpm_2_ancestral,
       .default_schedule = "karras",
       .calls_per_step = 2,
       .noise = path,
       .discards_lowest = true},
      {.name = "DPM fast",
       .aliases = {"k_dpm_fast", "dpm_fast"},
       .sample = sample_dpm_fast,
       .noise = path,
       .chooses_steps = true},
      {.name = "DPM adaptive",
       .aliases = {"k_dpm_ad", "dpm_adaptive"},
       .sample = sample_dpm_adaptive,
       .calls_per_step = 3,
       .noise = path,
       .chooses_steps = true,
       .adapts_to_latent = true,
       .least_order = 2,
       .most_order = 3},
      {.name = "Restart", .sample = sample_restart, .default_schedule = "karras", .calls_per_step = 2, .noise = fresh},
      {.name = "DDIM",
       .sample = sample_ddim,
       .default_schedule = "turbo",
       .noise = path,
       .default_eta = 0,
       .own_levels = timestep_levels},
      {.name = "DDIM CFG++",
       .aliases = {"ddim_cfgpp"},
       .sample = sample_ddim_cfgpp,
       .default_schedule = "turbo",
       .noise = path,
       .default_eta = 0,
       .own_levels = timestep_levels,
       .cfg_factor = 1 / 12.5},
      {.name = "PLMS", .sample = sample_plms, .default_schedule = "turbo", .own_levels = timestep_levels},
      {.name = "UniPC",
       .aliases = {"uni_pc"},
       .sample = sample_unipc,
       .default_schedule = "karras",
       .own_levels = unipc_levels,
       .least_order = 1,
       .most_order = 3},
      {.name = "UniPC bh2",
       .aliases = {"uni_pc_bh2"},
       .sample = sample_unipc_bh2,
       .default_schedule = "karras",
       .own_levels = unipc_levels,
       .least_order = 1,
       .most_order = 3},
      {.name = "LCM", .aliases = {"k_lcm"}, .sample = sample_lcm, .default_schedule = "lcm", .noise = fresh},
      {.name = "TCD", .sample = sample_tcd, .default_schedule = "lcm", .noise = fresh, .default_eta = 0.3},
      {.name = "DEIS", .sample = sample_deis, .default_schedule = "karras", .least_order = 1, .most_order = 4},
      {.name = "DPM-Solver-3",
       .aliases = {"dpm_solver_3"},
       .sample = sample_dpm_solver_3,
       .default_schedule = "exponential",
       .calls_per_step = 3},
  };
  return table;
}

SamplerChoice choose_sampler(std::string_view sampler, std::string_view schedule, const Profile& profile) {
  const SigmaSchedule* asked = is_automatic_schedule(schedule) ? nullptr : &sigma_schedule_named(schedule);
  if (const SamplerInfo* known = known_sampler(sampler)) {
    const std::string own = profile.automatic_is_uniform ? "uniform" : known->default_schedule;
    const SamplerChoice choice{*known, asked ? *asked : sigma_schedule_named(own), profile};
    require(!asked || !choice.has_own_levels(), ErrorKind::invalid_request,
            "choose the schedule \"{}\": {} has noise levels of its own in the profile {}; leave the schedule out, or "
            "use the profile darkroom",
            choice.schedule.label, known->name, profile.name);
    return choice;
  }
  const auto [known, joined] = split_joined(sampler);
  if (!known || SamplerChoice{*known, *joined, profile}.has_own_levels()) fail_unknown(sampler);
  require(
      !asked || asked == joined, ErrorKind::invalid_request,
      "choose the sampler \"{}\": its name already asks for the schedule {}, but {} was given too; name the sampler "
      "\"{}\"",
      sampler, joined->name, asked ? asked->name : "", known->name);
  return {*known, *joined, profile};
}

bool SamplerChoice::walks_ldm_levels() const {
  return profile.grid == TimestepGrid::ldm && sampler.own_levels == timestep_levels;
}

double start_scale(const SamplerChoice& choice, const Sigmas& sigmas) {
  return choice.has_own_levels() ? std::sqrt(1 + sigmas.front() * sigmas.front()) : sigmas.front();
}

Sigmas run_sigmas(const SamplerChoice& choice, const NoiseSchedule& schedule, int n, const SigmaOptions& options,
                  bool always_discards) {
  const auto& [sampler, spacing, profile] = choice;
  if (choice.has_own_levels())
    return (choice.walks_ldm_levels() ? ldm_levels : sampler.own_levels)(schedule, n, options);
  SigmaOptions range = options;
  if (profile.old_karras_range && spacing.name == "karras") {
    if (range.sigma_min == 0) range.sigma_min = 0.1;
    if (range.sigma_max == 0) range.sigma_max = 10;
  }
  const bool discards = always_discards || (sampler.discards_lowest && profile.discards_lowest);
  Sigmas sigmas = spacing.sigmas(schedule, discards ? n + 1 : n, range);
  if (discards) sigmas.erase(sigmas.end() - 2);
  return sigmas;
}

}  // namespace darkroom::diffusion
