#include "generate/menu.h"

#include "diffusion/samplers.h"

namespace darkroom::generate {

std::vector<SamplerFacts> sampler_facts() {
  std::vector<SamplerFacts> all;
  for (const diffusion::SamplerInfo& sampler : diffusion::samplers())
    all.push_back({.name = sampler.name,
                   .aliases = sampler.aliases,
                   .calls_per_step = sampler.calls_per_step,
                   .schedule = sampler.default_schedule,
                   .draws_noise = sampler.noise != diffusion::NoiseUse::none && sampler.default_eta > 0,
                   .is_brownian = sampler.is_brownian,
                   .discards_lowest = sampler.discards_lowest});
  return all;
}

std::vector<ScheduleFacts> schedule_facts() {
  std::vector<ScheduleFacts> all;
  for (const diffusion::SigmaSchedule& schedule : diffusion::sigma_schedules())
    all.push_back({schedule.name, schedule.label, schedule.aliases});
  return all;
}

}  // namespace darkroom::generate
