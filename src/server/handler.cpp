#include "server/handler.h"

#include <charconv>

#include "formats/utf8.h"
#include "server/json_text.h"

namespace darkroom::server {
namespace {

struct KindInfo {
  int status;
  const char* name;
};

KindInfo info_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::invalid_request:
      return {422, "InvalidRequest"};
    case ErrorKind::not_found:
      return {404, "NotFound"};
    case ErrorKind::corrupt_file:
      return {422, "CorruptFile"};
    case ErrorKind::unsupported:
      return {422, "Unsupported"};
    case ErrorKind::out_of_memory:
      return {507, "OutOfMemory"};
    case ErrorKind::cancelled:
      return {409, "Cancelled"};
    case ErrorKind::io:
      return {507, "InputOutput"};
    case ErrorKind::internal:
      return {500, "Internal"};
  }
  return {500, "Internal"};
}

/// The next part of a path, without its slash.
std::string_view next_part(std::string_view& rest) {
  const size_t slash = std::min(rest.find('/'), rest.size());
  const std::string_view part = rest.substr(0, slash);
  rest.remove_prefix(std::min(slash + 1, rest.size()));
  return part;
}

}  // namespace

std::string Asked::value(const std::string& name, const std::string& standard) const {
  const auto found = query.find(name);
  return found == query.end() ? standard : found->second;
}

int64_t Asked::number(const std::string& name, int64_t standard, int64_t least, int64_t most) const {
  const auto found = query.find(name);
  if (found == query.end()) return standard;
  const std::string& text = found->second;
  int64_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  require(problem == std::errc() && end == text.data() + text.size() && number >= least && number <= most,
          ErrorKind::invalid_request, "{}: a whole number from {} to {} is needed, {} was given", name, least, most,
          formats::in_quotes(text));
  return number;
}

Answer json_answer(const nlohmann::ordered_json& value, int status) {
  return {.status = status, .body = line_of(value)};
}

Answer error_answer(int status, const std::string& name, const std::string& detail) {
  return json_answer({{"error", name}, {"detail", detail}, {"body", ""}, {"errors", detail}}, status);
}

Answer error_answer(const Error& error) {
  const KindInfo info = info_of(error.kind());
  return error_answer(info.status, info.name, error.what());
}

bool matches(std::string_view pattern, std::string_view path, std::vector<std::string>& parts) {
  parts.clear();
  if (!pattern.starts_with('/') || !path.starts_with('/')) return false;
  pattern.remove_prefix(1), path.remove_prefix(1);
  while (!pattern.empty() || !path.empty()) {
    if (pattern.empty() || path.empty()) return false;
    const std::string_view wanted = next_part(pattern), found = next_part(path);
    if (wanted == "{}") {
      if (found.empty()) return false;
      parts.emplace_back(found);
    } else if (wanted != found) {
      return false;
    }
  }
  return true;
}

}  // namespace darkroom::server
