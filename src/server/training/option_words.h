// How the Train page calls the trainer's options, where they stand, and what can be chosen. The options themselves,
// their words and effects are the trainer's (train/lora_options.h, lora_effects.h).
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace darkroom::server {

struct OptionWords {
  const char* name;
  const char* label;
  const char* section;               ///< of option_sections()
  std::vector<std::string> choices;  ///< all that can be; empty = anything
};

/// The options in the order of the page. An option of the trainer that is not here stands under "Everything else".
const std::vector<OptionWords>& option_words();

/// Name and what it is about.
const std::vector<std::pair<const char*, const char*>>& option_sections();

/// For the page: sections, and every option with type, label, words, default and choices. Options that name places on
/// this machine are left out.
nlohmann::ordered_json training_options_json();

}  // namespace darkroom::server
