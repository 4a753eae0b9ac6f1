#include "train/optimizers.h"

#include "base/error.h"
#include "train/optimizer_arguments.h"
#include "train/optimizers/moments.h"

namespace darkroom::train {
namespace {

struct Row {
  const char* name;
  std::unique_ptr<Optimizer> (*make)(const RunConfig&, NamedTensors);
  double state_bytes;  ///< for each parameter of a large tensor, at least
  bool finds_step_size = false;
};

constexpr Row kOptimizers[] = {{"AdamW", make_adamw, 8},
                               {"AdamW8bit", make_adamw_8bit, 2 + 8.0 / 256},
                               {"Lion", make_lion, 4},
                               {"SGDNesterov", make_sgd_nesterov, 4},
                               {"Adafactor", make_adafactor, 0},
                               {"DAdaptAdam", make_dadapt_adam, 12, true},
                               {"Prodigy", make_prodigy, 16, true}};

}  // namespace

bool finds_step_size(const std::string& optimizer) {
  for (const Row& row : kOptimizers)
    if (optimizer == row.name) return row.finds_step_size;
  return false;
}

bool takes_own_steps(const RunConfig& config) {
  return config.optimizer == "Adafactor" &&
         OptimizerArguments("optimizer_args", config.optimizer_args).truth("relative_step", true);
}

double own_step(const RunConfig& config, int64_t step) {
  const bool rises = OptimizerArguments("optimizer_args", config.optimizer_args).truth("warmup_init", false);
  return relative_step(double(step + 1), rises);
}

double state_bytes_per_parameter(const std::string& optimizer) {
  for (const Row& row : kOptimizers)
    if (optimizer == row.name) return row.state_bytes;
  return 0;
}

std::unique_ptr<Optimizer> make_optimizer(const RunConfig& config, NamedTensors parameters) {
  std::string known;
  for (const Row& row : kOptimizers) {
    if (config.optimizer == row.name) return row.make(config, std::move(parameters));
    known += std::string(known.empty() ? "" : ", ") + row.name;
  }
  fail(ErrorKind::invalid_request, "optimizer \"{}\": known are {}", config.optimizer, known);
}

}  // namespace darkroom::train
