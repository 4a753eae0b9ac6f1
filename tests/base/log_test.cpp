#include "base/log.h"

#include <gtest/gtest.h>

#include <vector>

namespace darkroom {
namespace {

TEST(Log, GoesToTheSinkTheProgramChose) {
  std::vector<std::pair<LogLevel, std::string>> lines;
  const LogSink before =
      set_log_sink([&](LogLevel level, const std::string& line) { lines.emplace_back(level, line); });
  log_info("{} of {}", 1, 2);
  log_warning("careful");
  set_log_sink(before);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0], std::pair(LogLevel::info, std::string("1 of 2")));
  EXPECT_EQ(lines[1], std::pair(LogLevel::warning, std::string("careful")));
}

}  // namespace
}  // namespace darkroom
