// The words in which the page explains itself.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "generate/request_fields.h"

namespace darkroom::server {

/// By field name; {name} stands for a field's live value, {name-1} for one less.
nlohmann::ordered_json explanations();

/// How people and A1111 call a field.
std::string label_of(const generate::RequestField& field);

/// What the model that comes with Darkroom can be asked for at once.
std::vector<std::string> first_prompts();

}  // namespace darkroom::server
