// JSON from outside, before anything is known of it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::server {

/// A request's body. Nothing is the empty object. Throws Error{invalid_request} for text that is no JSON object, or
/// one nested deeper than any request needs.
nlohmann::json object_of_body(std::string_view body);

/// What a JSON value would be typed as: 20.0 is "20", true is "True". Throws Error{invalid_request} for lists and
/// objects.
std::string field_text_of(const nlohmann::json& value);

/// Values of a body; where they are missing or null: "", false, `standard`. Throw Error{invalid_request} naming what is
/// not of the type or not in the range.
std::string text_in(const nlohmann::json& body, const char* name);
bool truth_in(const nlohmann::json& body, const char* name);
int64_t whole_in(const nlohmann::json& body, const char* name, int64_t standard, int64_t least, int64_t most);
double number_in(const nlohmann::json& body, const char* name, double standard, double least, double most);
/// A list; missing and null are the empty one.
nlohmann::json list_in(const nlohmann::json& body, const char* name);

/// Throws Error{invalid_request} for a name that is none of `known`.
void require_known(const nlohmann::json& body, const std::vector<std::string_view>& known);

/// On one line, bytes that are not UTF-8 replaced.
std::string line_of(const nlohmann::ordered_json& value);

}  // namespace darkroom::server
