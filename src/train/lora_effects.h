// What an option does at the values it has now: its formula in numbers, what follows from it, or why it does nothing.
#pragma once

#include <string>

#include "train/lora_training.h"
#include "train/run_facts.h"

namespace darkroom::train {

/// Of option `name`, never empty: "" only for a name that is none. It begins with "no effect: " where another option
/// keeps it from acting. What is not among the facts is not spoken of. The rows stand by topic in effects/.
std::string effect_of(const std::string& name, const LoraTraining& options, const RunFacts& facts = {});

}  // namespace darkroom::train
