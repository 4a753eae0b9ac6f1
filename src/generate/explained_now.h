// What fields of a request do at the values they have: a table of lines.
#pragma once

#include <string>

#include "generate/explanations.h"

namespace darkroom::generate {

/// Of a field by its JSON name, or "lora_weight"; "" where its value says all.
std::string explained_now(const std::string& field, const GenerateRequest& request, const RequestFacts& facts);

}  // namespace darkroom::generate
