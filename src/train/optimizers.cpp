#include "train/optimizers.h"

#include "base/error.h"

namespace darkroom::train {
namespace {

struct Row {
  const char* name;
  std::unique_ptr<Optimizer> (*make)(const RunConfig&, NamedTensors);
  bool finds_step_size = false;
};

constexpr Row kOptimizers[] = {{"AdamW", make_adamw},
                               {"AdamW8bit", make_adamw_8bit},
                               {"Lion", make_lion},
                               {"SGDNesterov", make_sgd_nesterov},
                               {"Adafactor", make_adafactor},
                               {"DAdaptAdam", make_dadapt_adam, true},
                               {"Prodigy", make_prodigy, true}};

}  // namespace

bool finds_step_size(const std::string& optimizer) {
  for (const Row& row : kOptimizers)
    if (optimizer == row.name) return row.finds_step_size;
  return false;
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
