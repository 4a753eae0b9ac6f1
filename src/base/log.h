// One line per event. Libraries log through a sink the program chooses; the default writes to stderr.
#pragma once

#include <fmt/format.h>

#include <functional>
#include <string>
#include <utility>

namespace darkroom {

enum class LogLevel { info, warning };

using LogSink = std::function<void(LogLevel, const std::string&)>;

/// Replaces the sink; returns the previous one. Not thread-safe: call it before starting work.
LogSink set_log_sink(LogSink sink);

void log_line(LogLevel level, const std::string& line);

template <typename... Args>
void log_info(fmt::format_string<Args...> message, Args&&... args) {
  log_line(LogLevel::info, fmt::format(message, std::forward<Args>(args)...));
}

template <typename... Args>
void log_warning(fmt::format_string<Args...> message, Args&&... args) {
  log_line(LogLevel::warning, fmt::format(message, std::forward<Args>(args)...));
}

}  // namespace darkroom
