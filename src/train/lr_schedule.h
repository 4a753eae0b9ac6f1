// Learning rate over steps, as a factor of the base rate. Formulas: transformers' optimization.py.
#pragma once

#include <cstdint>
#include <string>

#include "train/config.h"

namespace darkroom::train {

/// The rate of step `step` (0-based). Warm-up is linear and starts above zero at (step + 1) / warmup_steps, so that no
/// step is lost. cosine ends at min_learning_rate after the last step. Throws Error{invalid_request} for an unknown
/// name.
double learning_rate(const RunConfig& config, int64_t step);

}  // namespace darkroom::train
