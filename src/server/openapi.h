// The API's description for programs: OpenAPI 3.1, made of the tables that requests are read by.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace darkroom::server {

/// The whole document; docs/openapi.json is this with two blanks a level and a line end.
nlohmann::ordered_json openapi();
std::string openapi_text();

}  // namespace darkroom::server
