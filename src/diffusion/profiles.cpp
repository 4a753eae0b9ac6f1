#include "diffusion/profiles.h"

#include "base/error.h"
#include "diffusion/nearest_names.h"

namespace darkroom::diffusion {

NoiseKind noise_kind_named(std::string_view name, NoiseKind own) {
  if (same_name(name, "automatic")) return own;
  if (same_name(name, "sequential")) return NoiseKind::sequential;
  if (same_name(name, "torchsde")) return NoiseKind::torchsde;
  if (same_name(name, "brownian")) return NoiseKind::brownian;
  fail(ErrorKind::invalid_request, "choose the noise \"{:.80}\": it must be a known kind; did you mean {}?", name,
       nearest_names_text(name, noise_kind_names()));
}

std::vector<std::string> noise_kind_names() {
  return {"Automatic", "sequential", "torchsde", "brownian"};
}

const std::vector<Profile>& profiles() {
  static const std::vector<Profile> table = {
      {.name = "darkroom",
       .help = "more steps refine one picture, with every sampler",
       .noise = NoiseKind::brownian,
       .grid = TimestepGrid::schedule,
       .solvers_end_at_lowest = false,
       .lms_extrapolates_to_zero = false,
       .steps_fit_each_image = true},
      {.name = "kdiffusion", .help = "the samplers as in their library", .discards_lowest = false},
      {.name = "a1111-1.10", .help = "pictures as A1111 1.6 to 1.10 makes them", .solver_eta = 1},
      {.name = "a1111-2022-12",
       .help = "pictures as A1111 made them in December 2022",
       .grid = TimestepGrid::ldm,
       .solver_eta = 1,
       .discards_lowest = false,
       .automatic_is_uniform = true,
       .old_karras_range = true},
  };
  return table;
}

const Profile& profile_named(std::string_view name) {
  std::vector<std::string> names;
  for (const Profile& profile : profiles()) {
    if (same_name(name, profile.name)) return profile;
    names.push_back(profile.name);
  }
  fail(ErrorKind::invalid_request,
       "choose the profile \"{:.80}\": it must be one of the known profiles; did you mean {}?", name,
       nearest_names_text(name, names));
}

}  // namespace darkroom::diffusion
