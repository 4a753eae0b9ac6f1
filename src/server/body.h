// JSON from outside, before anything is known of it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace darkroom::server {

/// A request's body. Nothing is the empty object. Throws Error{invalid_request} for text that is no JSON object, or
/// one nested deeper than any request needs.
nlohmann::json object_of_body(std::string_view body);

/// What a JSON value would be typed as: 20.0 is "20", true is "True". Throws Error{invalid_request} for lists and
/// objects.
std::string field_text_of(const nlohmann::json& value);

/// On one line, bytes that are not UTF-8 replaced.
std::string line_of(const nlohmann::ordered_json& value);

}  // namespace darkroom::server
