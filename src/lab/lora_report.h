// What is in LoRA files and how two of them differ (adapters/report.h), as JSON and in words.
#pragma once

#include <string>

#include "adapters/report.h"

namespace darkroom::lab {

std::string lora_json(const adapters::AdapterReport& report);
std::string comparison_json(const adapters::AdapterComparison& found);

/// "They do the same.", "The second does 2 times what the first does.", ...
std::string comparison_verdict(const adapters::AdapterComparison& found);

}  // namespace darkroom::lab
