#include "diffusion/samplers.h"

#include <algorithm>
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
      // name, aliases, function, default schedule, calls, noise, discards the lowest level, Brownian
      {"DPM++ 2M", {"k_dpmpp_2m", "dpmpp_2m"}, sample_dpmpp_2m, "karras", 1, false},
      {"DPM++ SDE", {"k_dpmpp_sde", "dpmpp_sde"}, sample_dpmpp_sde, "karras", 2, true, false, true},
      {"DPM++ 2M SDE", {"k_dpmpp_2m_sde", "dpmpp_2m_sde"}, sample_dpmpp_2m_sde, "exponential", 1, true, false, true},
      {"DPM++ 2M SDE Heun",
       {"k_dpmpp_2m_sde_heun", "dpmpp_2m_sde_heun"},
       sample_dpmpp_2m_sde_heun,
       "exponential",
       1,
       true,
       false,
       true},
      {"DPM++ 2S a",
       {"k_dpmpp_2s_a", "dpmpp_2s_ancestral", "dpmpp_2s_a"},
       sample_dpmpp_2s_ancestral,
       "karras",
       2,
       true},
      {"DPM++ 3M SDE", {"k_dpmpp_3m_sde", "dpmpp_3m_sde"}, sample_dpmpp_3m_sde, "exponential", 1, true, true, true},
      {"Euler a",
       {"k_euler_a", "k_euler_ancestral", "euler_ancestral", "euler_a"},
       sample_euler_ancestral,
       "uniform",
       1,
       true},
      {"Euler", {"k_euler"}, sample_euler, "uniform", 1, true},
      {"LMS", {"k_lms"}, sample_lms, "uniform", 1, false},
      {"Heun", {"k_heun"}, sample_heun, "uniform", 2, true},
      {"DPM2", {"k_dpm_2", "dpm_2", "dpm2"}, sample_dpm_2, "karras", 2, true, true},
      {"DPM2 a", {"k_dpm_2_a", "dpm_2_ancestral", "dpm2_a"}, sample_dpm_2_ancestral, "karras", 2, true, true},
  };
  return table;
}

SamplerChoice choose_sampler(std::string_view sampler, std::string_view schedule) {
  const SigmaSchedule* asked = is_automatic_schedule(schedule) ? nullptr : &sigma_schedule_named(schedule);
  if (const SamplerInfo* known = known_sampler(sampler))
    return {*known, asked ? *asked : sigma_schedule_named(known->default_schedule)};
  const auto [known, joined] = split_joined(sampler);
  if (!known) fail_unknown(sampler);
  require(
      !asked || asked == joined, ErrorKind::invalid_request,
      "choose the sampler \"{}\": its name already asks for the schedule {}, but {} was given too; name the sampler "
      "\"{}\"",
      sampler, joined->name, asked ? asked->name : "", known->name);
  return {*known, *joined};
}

Sigmas run_sigmas(const SamplerChoice& choice, const NoiseSchedule& schedule, int n, const SigmaOptions& options) {
  if (!choice.sampler.discards_lowest) return choice.schedule.sigmas(schedule, n, options);
  Sigmas sigmas = choice.schedule.sigmas(schedule, n + 1, options);
  sigmas.erase(sigmas.end() - 2);
  return sigmas;
}

}  // namespace darkroom::diffusion
