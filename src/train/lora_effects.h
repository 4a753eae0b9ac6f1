// What an option does at the values it has now: its formula in numbers, or why it does nothing.
#pragma once

#include <string>

#include "train/lora_training.h"

namespace darkroom::train {

/// Of option `name`; "" where there is nothing to say beyond its words.
std::string effect_of(const std::string& name, const LoraTraining& options);

}  // namespace darkroom::train
