#include "train/lr_schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.h"

namespace darkroom::train {

double learning_rate(const RunConfig& c, int64_t step) {
  if (step < c.warmup_steps) return c.learning_rate * double(step + 1) / double(c.warmup_steps);
  if (c.lr_schedule == "constant") return c.learning_rate;
  if (c.lr_schedule == "cosine") {
    const double done = double(step - c.warmup_steps) / double(std::max<int64_t>(1, c.steps - c.warmup_steps));
    const double wave = 0.5 * (1 + std::cos(std::numbers::pi * std::min(1.0, done)));
    return c.min_learning_rate + (c.learning_rate - c.min_learning_rate) * wave;
  }
  fail(ErrorKind::invalid_request, "learning rate schedule \"{}\": known are cosine, constant", c.lr_schedule);
}

}  // namespace darkroom::train
