// What handlers see of HTTP: plain data both ways.
#pragma once

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "server/context.h"

namespace darkroom::server {

struct Asked {
  std::string method, path;
  std::vector<std::string> parts;              ///< of the path: what stood for each {} of the route
  std::map<std::string, std::string> query;    ///< ?name=value
  std::map<std::string, std::string> headers;  ///< by lower-case name
  std::string body;
  std::string user;  ///< "" where nobody signs in

  /// A value of the query, or `standard`.
  std::string value(const std::string& name, const std::string& standard = "") const;
  /// The same as a whole number in the range. Throws Error{invalid_request}.
  int64_t number(const std::string& name, int64_t standard, int64_t least, int64_t most) const;
};

/// Writes one piece of a long answer; false: nobody listens any more.
using Write = std::function<bool(const std::string& piece)>;

struct Answer {
  int status = 200;
  std::string body;
  std::string type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::function<void(const Write& write)> stream = {};  ///< instead of a body: called until it returns
};

using Handler = Answer (*)(const Asked& asked, Context& context);

Answer json_answer(const nlohmann::ordered_json& value, int status = 200);

/// {"error", "detail", "body", "errors"}, A1111's form, with the status of the kind.
Answer error_answer(const Error& error);
Answer error_answer(int status, const std::string& name, const std::string& detail);

/// One row of the API.
struct Route {
  const char* method;
  const char* path;  ///< {} stands for one part
  Handler handler;
};

/// Whether a path is one of this pattern; then `parts` are filled.
bool matches(std::string_view pattern, std::string_view path, std::vector<std::string>& parts);

}  // namespace darkroom::server
