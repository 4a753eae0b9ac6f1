// JSON from outside as the texts that request fields read.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "generate/request_fields.h"

namespace darkroom::server {

/// A request's body. Nothing is the empty object. Throws Error{invalid_request} for text that is no JSON object, or
/// one nested deeper than any request needs.
nlohmann::json object_of_body(std::string_view body);

/// What a JSON value would be typed as: 20.0 is "20", true is "True". Throws Error{invalid_request} for lists and
/// objects.
std::string field_text_of(const nlohmann::json& value);

/// An object of request fields; null values are left out. Throws Error{invalid_request} naming the field.
generate::Settings settings_of(const nlohmann::json& fields);

/// On one line, bytes that are not UTF-8 replaced.
std::string line_of(const nlohmann::ordered_json& value);

}  // namespace darkroom::server
