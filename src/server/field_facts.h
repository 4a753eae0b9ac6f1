// Request fields as the page and openapi.json describe them.
#pragma once

#include <nlohmann/json.hpp>

#include "generate/request_fields.h"

namespace darkroom::server {

/// Fields that name files of this machine have no place in a page, nor in a request over the network.
bool is_for_people(const generate::RequestField& field);

/// {"name", "label", "help", "type", "default", "least", "most", "choices", ...}.
nlohmann::ordered_json field_facts(const generate::RequestField& field);

/// The same as JSON Schema.
nlohmann::ordered_json field_schema(const generate::RequestField& field);

}  // namespace darkroom::server
