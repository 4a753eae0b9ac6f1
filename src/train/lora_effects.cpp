#include "train/lora_effects.h"

#include <map>

#include "train/effects/rows.h"

namespace darkroom::train {
namespace {

std::map<std::string, effects::Effect> all_effects() {
  std::map<std::string, effects::Effect> all;
  for (const std::span<const effects::Row> topic :
       {effects::model_rows(), effects::picture_rows(), effects::caption_rows(), effects::network_rows(),
        effects::rate_rows(), effects::step_rows(), effects::noise_rows(), effects::loss_rows(), effects::saving_rows(),
        effects::sample_rows()})
    for (const effects::Row& row : topic) all.emplace(row.option, row.effect);
  return all;
}

}  // namespace

std::string effect_of(const std::string& name, const LoraTraining& options, const RunFacts& facts) {
  static const std::map<std::string, effects::Effect> kEffects = all_effects();
  const auto found = kEffects.find(name);
  return found == kEffects.end() ? "" : found->second({options, facts});
}

}  // namespace darkroom::train
