// Whose habits a run follows: named sets of the switches in which programs differ though their samplers agree.
// Source of truth: A1111 1.10 and its version of December 2022, k-diffusion; measured in docs/lab.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace darkroom::diffusion {

/// Where the noise that is drawn while sampling comes from.
enum class NoiseKind {
  reference,   ///< as k-diffusion and A1111: torchsde's tree for SDE samplers, draws one after another for the others
  sequential,  ///< the seed's generator, one draw after another: more steps make another picture
  torchsde,    ///< torchsde's Brownian tree over the levels of the run (brownian.h)
  brownian,    ///< our path (virtual_brownian.h): more steps refine one picture
};

/// "Automatic" (the profile's), "sequential", "torchsde", "brownian", in any case; the profile's is `own`. Throws
/// Error{invalid_request}.
NoiseKind noise_kind_named(std::string_view name, NoiseKind own);
std::vector<std::string> noise_kind_names();

/// Which levels DDIM, PLMS and UniPC walk.
enum class TimestepGrid {
  schedule,  ///< a schedule's, like every other sampler
  a1111,     ///< A1111's since 1.6: every (T / n)-th timestep; ends one step early
  ldm,       ///< latent-diffusion's, which A1111 used before: the same down to the table's lowest level
};

struct Profile {
  std::string name;
  std::string help;
  NoiseKind noise = NoiseKind::reference;
  TimestepGrid grid = TimestepGrid::a1111;
  double solver_eta = 0;                 ///< DPM fast and DPM adaptive, where nobody says one
  bool solvers_end_at_lowest = true;     ///< they stop at the lowest positive level and leave its noise in the picture
  bool lms_extrapolates_to_zero = true;  ///< SampleOptions
  bool discards_lowest = true;           ///< follows the samplers' rows; false = never
  bool automatic_is_uniform = false;     ///< no sampler has a schedule of its own
  bool steps_fit_each_image = false;     ///< samplers that adapt judge each image of a batch alone, not all at once
  bool old_karras_range = false;         ///< Karras levels go from 10 to 0.1, whatever the model's
};

/// darkroom, kdiffusion, a1111-1.10, a1111-2022-12.
const std::vector<Profile>& profiles();

/// By name, in any case. Throws Error{invalid_request} that lists the nearest names.
const Profile& profile_named(std::string_view name);

}  // namespace darkroom::diffusion
