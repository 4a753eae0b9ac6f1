#include "server/body.h"

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

std::string line_of(const nlohmann::ordered_json& value) {
  return value.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace darkroom::server
