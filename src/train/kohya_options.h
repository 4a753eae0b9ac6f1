// Options of kohya's train_network.py that a LoRA run here does not have under that name, and why. Those it has are in
// lora_options.h.
// Source of truth: sd-scripts 0.10, train_network.py setup_parser and library/train_util.py add_*_arguments.
#pragma once

#include <span>

namespace darkroom::train {

enum class KohyaVerdict {
  renamed,   ///< accepted: another option, which has it as a value or under another name
  needless,  ///< accepted: what it asks for is always so, or means nothing here
  refused,   ///< would change what is trained, or what is kept, and is not there
};

struct KohyaOption {
  const char* name;
  KohyaVerdict verdict;
  const char* reason;
  const char* becomes = "";  ///< of renamed: the option that is said by it
  const char* value = "";    ///< and its value; "" = the one that is given
};

std::span<const KohyaOption> kohya_options();

}  // namespace darkroom::train
