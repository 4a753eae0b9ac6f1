#include "train/lora_groups.h"

#include <fmt/format.h>

#include <map>

namespace darkroom::train {

TrainedGroups lora_groups(const LoraTraining& options, const LoraNetwork& network) {
  TrainedGroups all;
  const LoraPlus plus = lora_plus(options);
  const auto add = [&](const std::string& name, double rate, bool downs, bool ups, const auto& is_meant) {
    NamedTensors parameters;
    for (const LoraModule& module : network.modules()) {
      if (!is_meant(module)) continue;
      for (const auto& [suffix, matrix] : module.change->matrices())
        if (suffix == "lora_up.weight" ? ups : downs) parameters.emplace_back(module.name + "." + suffix, matrix);
    }
    all.add(name, rate / options.run.learning_rate, parameters);
  };
  const auto add_part = [&](const std::string& name, double rate, double ratio, const auto& is_meant) {
    add(name, rate, true, ratio == 1, is_meant);
    if (ratio != 1) add(name + " plus", rate * ratio, false, true, is_meant);
  };
  // Parity: sd-scripts reads several text_encoder_lr for newer models only; SDXL's text encoders all have the first
  // there. The names are those of the former.
  if (options.has_two_text_rates()) {
    for (size_t i = 0; i < 2; ++i)
      add_part(fmt::format("textencoder {}", i + 1), options.text_rate(i), plus.text,
               [i](const LoraModule& module) { return module.is_text && module.text_encoder == i; });
  } else {
    add_part("textencoder", options.text_rate(0), plus.text, [](const LoraModule& module) { return module.is_text; });
  }
  std::map<size_t, double> block_rates;
  for (const LoraModule& module : network.modules())
    if (module.block) block_rates[*module.block] = module.rate;
  add_part("unet", options.unet_rate(), plus.unet,
           [](const LoraModule& module) { return !module.is_text && !module.block; });
  for (const auto& [block, rate] : block_rates)
    add_part(fmt::format("unet_block{}", block), options.unet_rate() * rate, plus.unet,
             [block = block](const LoraModule& module) { return module.block == block; });
  return all;
}

}  // namespace darkroom::train
