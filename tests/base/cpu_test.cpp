#include "base/cpu.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <thread>

namespace darkroom {
namespace {

TEST(Cpu, CountsAtLeastOneCoreAndNoMoreThanHardwareThreads) {
  EXPECT_GE(usable_cores(), 1);
  EXPECT_LE(usable_cores(), int(std::thread::hardware_concurrency()));
}

TEST(Cpu, KnowsBf16AsTheKernelDoes) {
  std::ifstream info("/proc/cpuinfo");
  const std::string text((std::istreambuf_iterator<char>(info)), {});
  EXPECT_EQ(cpu_has_bf16(), text.find("avx512_bf16") != std::string::npos);
}

}  // namespace
}  // namespace darkroom
