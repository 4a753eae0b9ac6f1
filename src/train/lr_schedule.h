// Learning rate over steps, as a factor of the base rate.
// Sources of truth: transformers, optimization.py (as sd-scripts calls it, library/train_util.py get_scheduler_fix).
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "train/run_config.h"

namespace darkroom::train {

struct LrSchedule {
  std::string name = "constant";  ///< a name of lr_schedule_names()
  int64_t steps = 1;              ///< of the whole run
  int64_t warmup_steps = 0;
  double base_rate = 1;  ///< of polynomial, whose end is a rate and not a factor
  double cycles = 1;     ///< of cosine_with_restarts; half waves of cosine_with_min_lr and warmup_stable_decay: twice
  double power = 1;      ///< of polynomial
  double least = 0;      ///< factor at the end of cosine_with_min_lr and warmup_stable_decay
  int64_t decay_steps = 0;  ///< of warmup_stable_decay: its last steps
  int64_t timescale = 0;    ///< of inverse_sqrt; 0 = the warm-up, or 10000 without one
  /// Of piecewise_constant: (first step it no longer holds for, factor); the last factor holds for ever.
  std::vector<std::pair<int64_t, double>> pieces;
  double last_piece = 1;
};

/// constant, constant_with_warmup, linear, cosine, cosine_with_restarts, polynomial, inverse_sqrt, cosine_with_min_lr,
/// warmup_stable_decay, piecewise_constant, adafactor: the name sd-scripts gives the steps Adafactor takes by itself.
std::vector<std::string> lr_schedule_names();

/// The factor of optimizer step `step`, from 0. With a warm-up that of step 0 is 0, as in kohya's trainer: a step
/// lost. Throws Error{invalid_request} for an unknown name, and for what kohya's trainer refuses: a warm-up with
/// "constant", a polynomial whose rate is not above its end 1e-7.
double lr_factor(const LrSchedule& schedule, int64_t step);

/// "1:10,0.1:20,0.005": 1 before step 10, then 0.1 before step 20, then 0.005. Throws Error{invalid_request}.
void read_pieces(const std::string& rules, LrSchedule& schedule);

/// The rate of step `step` (0-based) of a run that trains a model of its own. Warm-up is linear and starts above zero
/// at (step + 1) / warmup_steps, so that no step is lost. cosine ends at min_learning_rate after the last step;
/// constant may have a warm-up. Throws Error{invalid_request} for an unknown name.
double learning_rate(const RunConfig& config, int64_t step);

}  // namespace darkroom::train
