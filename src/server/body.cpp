#include "server/body.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace darkroom::server {

using nlohmann::json;

json object_of_body(std::string_view body) {
  constexpr int kMostDepth = 32;
  if (body.find_first_not_of(" \t\r\n") == std::string_view::npos) return json::object();
  bool is_too_deep = false;
  const auto look = [&](int depth, json::parse_event_t, json&) { return !(is_too_deep |= depth > kMostDepth); };
  json read;
  try {
    read = json::parse(body, look);
  } catch (const json::exception& error) {
    const std::string why = error.what();  // ends with what was found and where
    fail(ErrorKind::invalid_request, "read the request: its body must be JSON: {}", why.substr(0, 300));
  }
  require(!is_too_deep, ErrorKind::invalid_request, "read the request: its JSON is nested deeper than {}", kMostDepth);
  require(read.is_object(), ErrorKind::invalid_request,
          "read the request: its body must be a JSON object, a {} was given", read.type_name());
  return read;
}

std::string field_text_of(const json& value) {
  switch (value.type()) {
    case json::value_t::string:
      return value.get<std::string>();
    case json::value_t::boolean:
      return value.get<bool>() ? "True" : "False";
    case json::value_t::number_integer:
    case json::value_t::number_unsigned:
      return value.dump();
    case json::value_t::number_float: {
      const double number = value.get<double>();
      const bool is_whole = std::nearbyint(number) == number && std::abs(number) < 1e15;
      return is_whole ? fmt::format("{:.0f}", number) : fmt::format("{}", number);
    }
    default:
      fail(ErrorKind::invalid_request, "a text, a number, true or false is needed, a {} was given", value.type_name());
  }
}

namespace {

/// The value, or null where there is none.
json value_in(const json& body, const char* name) {
  const auto found = body.find(name);
  return found == body.end() ? json(nullptr) : *found;
}

}  // namespace

std::string text_in(const json& body, const char* name) {
  const json value = value_in(body, name);
  require(value.is_null() || value.is_string(), ErrorKind::invalid_request, "{}: a text is needed, a {} was given",
          name, value.type_name());
  return value.is_null() ? "" : value.get<std::string>();
}

bool truth_in(const json& body, const char* name) {
  const json value = value_in(body, name);
  require(value.is_null() || value.is_boolean(), ErrorKind::invalid_request,
          "{}: true or false is needed, a {} was given", name, value.type_name());
  return !value.is_null() && value.get<bool>();
}

int64_t whole_in(const json& body, const char* name, int64_t standard, int64_t least, int64_t most) {
  const json value = value_in(body, name);
  if (value.is_null()) return standard;
  const bool is_whole =
      value.is_number_integer() && (!value.is_number_unsigned() || value.get<uint64_t>() <= INT64_MAX);
  const int64_t number = is_whole ? value.get<int64_t>() : 0;
  require(is_whole && number >= least && number <= most, ErrorKind::invalid_request,
          "{}: a whole number from {} to {} is needed, {} was given", name, least, most, line_of(value).substr(0, 100));
  return number;
}

double number_in(const json& body, const char* name, double standard, double least, double most) {
  const json value = value_in(body, name);
  if (value.is_null()) return standard;
  const double number = value.is_number() ? value.get<double>() : 0;
  require(value.is_number() && number >= least && number <= most, ErrorKind::invalid_request,
          "{}: a number from {} to {} is needed, {} was given", name, least, most, line_of(value).substr(0, 100));
  return number;
}

json list_in(const json& body, const char* name) {
  const json value = value_in(body, name);
  require(value.is_null() || value.is_array(), ErrorKind::invalid_request, "{}: a list is needed, a {} was given", name,
          value.type_name());
  return value.is_null() ? json::array() : value;
}

void require_known(const json& body, const std::vector<std::string_view>& known) {
  for (const auto& [name, value] : body.items())
    require(std::find(known.begin(), known.end(), name) != known.end(), ErrorKind::invalid_request,
            "there is nothing called {} here; these are: {}",
            json(name.substr(0, 100)).dump(-1, ' ', true, json::error_handler_t::replace), fmt::join(known, ", "));
}

std::string line_of(const nlohmann::ordered_json& value) {
  return value.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace darkroom::server
