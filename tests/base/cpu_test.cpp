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
  // The kernel names tiles where the processor has them; whether a process may use them it says when asked.
  EXPECT_LE(cpu_has_amx_bf16(), text.find("amx_bf16") != std::string::npos);
  EXPECT_LE(cpu_is_slow_at_bf16(), cpu_has_bf16() && !cpu_has_amx_bf16());
}

}  // namespace
}  // namespace darkroom
