// The only exception Darkroom throws.
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace darkroom {

/// Callers act on kinds, so there are few: main.cpp maps them to exit codes, the server to HTTP statuses.
enum class ErrorKind { invalid_request, not_found, corrupt_file, unsupported, out_of_memory, cancelled, io, internal };

/// Message grammar: what we were doing, with which thing: what must hold, what was found; what to try.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  ErrorKind kind() const { return kind_; }
  /// The same error with "context: " in front; added once per border (file, job) on the way up.
  Error within(const std::string& context) const { return {kind_, context + ": " + what()}; }

 private:
  ErrorKind kind_;
};

/// Throws Error{kind} with a {fmt} message.
template <typename... Args>
[[noreturn]] void fail(ErrorKind kind, fmt::format_string<Args...> message, Args&&... args) {
  throw Error(kind, fmt::format(message, std::forward<Args>(args)...));
}

/// fail() unless `condition` holds.
template <typename... Args>
void require(bool condition, ErrorKind kind, fmt::format_string<Args...> message, Args&&... args) {
  if (!condition) fail(kind, message, std::forward<Args>(args)...);
}

}  // namespace darkroom
