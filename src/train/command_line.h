// A run as the one line that starts it.
#pragma once

#include <string>

#include "train/lora_training.h"

namespace darkroom::train {

/// "darkroom train --name value ...": what differs from the defaults, quoted for a shell.
std::string darkroom_command(const LoraTraining& training);

/// The same run for kohya's trainer: "accelerate launch train_network.py ...", with what differs from its own
/// defaults. Options it does not have are left out.
std::string kohya_command(const LoraTraining& training);

}  // namespace darkroom::train
