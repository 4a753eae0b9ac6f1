// What there is to choose from, as facts for people and clients. No tensors here.
#pragma once

#include <string>
#include <vector>

namespace darkroom::generate {

struct SamplerFacts {
  std::string name;
  std::vector<std::string> aliases;
  int calls_per_step = 1;
  std::string schedule;      ///< what Automatic means with it: a name of schedule_facts(), "uniform" for no preference
  bool draws_noise = false;  ///< more steps are another picture, unless the noise is a path
  bool is_brownian = false, discards_lowest = false;
};
std::vector<SamplerFacts> sampler_facts();

struct ScheduleFacts {
  std::string name, label;
  std::vector<std::string> aliases;
};
std::vector<ScheduleFacts> schedule_facts();

/// The upscalers of latents, for a hires pass; those of pictures are upscaler_names().
std::vector<std::string> latent_upscaler_names();

}  // namespace darkroom::generate
