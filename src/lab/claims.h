// The note this project grew from, claim by claim, against what was measured.
#pragma once

#include <string>
#include <vector>

#include "lab/convergence.h"

namespace darkroom::lab {

struct Claim {
  std::string said;
  std::string verdict;  ///< "reproduced", "reproduced only under the profile ...", "refuted", "undecided"
  std::string numbers;  ///< what decided it, profile by profile
};

/// Requires: runs of noted_variants() in at least one profile. `seeds`: pictures per prompt.
std::vector<Claim> answered_claims(const ConvergenceRuns& runs, int seeds);

}  // namespace darkroom::lab
