// What the schedules share: ranges that float32 can compute with, and the check of what comes out.
#pragma once

#include "diffusion/sigmas.h"

namespace darkroom::diffusion {

/// Throws Error{invalid_request} unless n is a number of steps that can be asked for.
void check_steps(int n);

/// The options with their zeros replaced by the model's ends and the schedule's own rho; checked as sigmas.h says.
SigmaOptions completed(const NoiseSchedule& schedule, SigmaOptions options, double own_rho = 1);

/// The levels again, if they fall in float32. Throws Error{invalid_request}.
Sigmas falling(Sigmas levels);
/// falling(), with a final 0.
Sigmas falling_to_zero(Sigmas levels);

}  // namespace darkroom::diffusion
