#include "train/lora_groups.h"

namespace darkroom::train {

int64_t LoraGroups::parameter_count() const {
  int64_t count = 0;
  for (const ParameterGroup& group : groups)
    for (const auto& [name, tensor] : group.parameters) count += tensor.numel();
  return count;
}

LoraGroups lora_groups(const LoraTraining& options, const LoraNetwork& network) {
  LoraGroups all;
  const LoraPlus plus = lora_plus(options);
  const auto add = [&](const std::string& name, bool is_text, double rate, bool downs, bool ups) {
    NamedTensors parameters;
    for (const LoraModule& module : network.modules()) {
      if (module.is_text != is_text) continue;
      for (const auto& [suffix, matrix] : module.change->matrices())
        if (suffix == "lora_up.weight" ? ups : downs) parameters.emplace_back(module.name + "." + suffix, matrix);
    }
    if (parameters.empty()) return;
    const double factor = rate / options.run.learning_rate;
    size_t place = 0;
    while (place < all.groups.size() && all.groups[place].rate_factor != factor) ++place;
    if (place == all.groups.size()) all.groups.push_back({{}, factor});
    NamedTensors& into = all.groups[place].parameters;
    into.insert(into.end(), parameters.begin(), parameters.end());
    all.names.emplace_back(name, place);
  };
  const auto add_part = [&](const std::string& name, bool is_text, double rate, double ratio) {
    add(name, is_text, rate, true, ratio == 1);
    if (ratio != 1) add(name + " plus", is_text, rate * ratio, false, true);
  };
  add_part("textencoder", true, options.text_rate(), plus.text);
  add_part("unet", false, options.unet_rate(), plus.unet);
  return all;
}

}  // namespace darkroom::train
