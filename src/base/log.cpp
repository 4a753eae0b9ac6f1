#include "base/log.h"

#include <cstdio>

namespace darkroom {
namespace {

void to_stderr(LogLevel level, const std::string& line) {
  std::fprintf(stderr, "%s%s\n", level == LogLevel::warning ? "warning: " : "", line.c_str());
}

LogSink& current_sink() {
  static LogSink sink = to_stderr;
  return sink;
}

}  // namespace

LogSink set_log_sink(LogSink sink) {
  return std::exchange(current_sink(), std::move(sink));
}

void log_line(LogLevel level, const std::string& line) {
  current_sink()(level, line);
}

}  // namespace darkroom
