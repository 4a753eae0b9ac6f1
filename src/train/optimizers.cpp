#include "train/optimizers.h"

#include "base/error.h"

namespace darkroom::train {
namespace {

struct Row {
  const char* name;
  std::unique_ptr<Optimizer> (*make)(const RunConfig&, NamedTensors);
};

constexpr Row kOptimizers[] = {{"AdamW", make_adamw},         {"AdamW8bit", make_adamw_8bit},
                               {"Lion", make_lion},           {"SGDNesterov", make_sgd_nesterov},
                               {"Adafactor", make_adafactor}, {"DAdaptAdam", make_dadapt_adam},
                               {"Prodigy", make_prodigy}};

}  // namespace

std::unique_ptr<Optimizer> make_optimizer(const RunConfig& config, NamedTensors parameters) {
  std::string known;
  for (const Row& row : kOptimizers) {
    if (config.optimizer == row.name) return row.make(config, std::move(parameters));
    known += std::string(known.empty() ? "" : ", ") + row.name;
  }
  fail(ErrorKind::invalid_request, "optimizer \"{}\": known are {}", config.optimizer, known);
}

}  // namespace darkroom::train
