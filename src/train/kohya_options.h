// Options of kohya's train_network.py that a LoRA run here does not have, and why. Those it has are in lora_options.h.
// Source of truth: sd-scripts 0.10, train_network.py setup_parser and library/train_util.py add_*_arguments.
#pragma once

#include <span>

namespace darkroom::train {

enum class KohyaVerdict {
  needless,  ///< accepted: what it asks for is always so, or means nothing here
  refused,   ///< would change what is trained, or what is kept, and is not there
};

struct KohyaOption {
  const char* name;
  KohyaVerdict verdict;
  const char* reason;
};

std::span<const KohyaOption> kohya_options();

}  // namespace darkroom::train
