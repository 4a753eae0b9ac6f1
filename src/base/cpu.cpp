#include "base/cpu.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>

#if defined(__x86_64__) && defined(__linux__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace darkroom {
namespace {

std::vector<int> allowed_cpus() {  // "Cpus_allowed_list:\t0-3,8" of /proc/self/status
  std::ifstream status("/proc/self/status");
  const std::string key = "Cpus_allowed_list:";
  std::vector<int> cpus;
  for (std::string line; std::getline(status, line);) {
    if (line.compare(0, key.size(), key) != 0) continue;
    std::istringstream list(line.substr(key.size()));
    for (std::string range; std::getline(list, range, ',');) {
      int first = 0, last = 0;
      const int read = std::sscanf(range.c_str(), " %d-%d", &first, &last);
      if (read == 1) last = first;
      for (int cpu = first; read >= 1 && cpu <= last; ++cpu) cpus.push_back(cpu);
    }
  }
  return cpus;
}

/// Hardware threads of one core name the same siblings.
int distinct_cores(const std::vector<int>& cpus) {
  std::set<std::string> cores;
  for (int cpu : cpus) {
    std::ifstream file(fmt::format("/sys/devices/system/cpu/cpu{}/topology/thread_siblings_list", cpu));
    std::string siblings;
    if (!std::getline(file, siblings)) siblings = std::to_string(cpu);
    cores.insert(siblings);
  }
  return int(cores.size());
}

/// The quota of control group version 2: "max 100000" or "150000 100000". 0 = none.
int quota_in_cores() {
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  double quota = 0, period = 0;
  return file >> quota >> period && period > 0 ? int(std::ceil(quota / period)) : 0;
}

#if defined(__x86_64__) && defined(__linux__)
/// Whether oneDNN, which libtorch brings, was told to do with less: then so do we, and lesser processors can be tried.
bool is_told_to_use_less() {
  const char* most = std::getenv("ONEDNN_MAX_CPU_ISA");
  const std::string told = most ? most : "";
  return !told.empty() && told != "ALL" && told != "DEFAULT" && told.find("AMX") == std::string::npos;
}

/// Intel's manual, volume 1, 18.3: registers of tiles are there, and Linux (Documentation/arch/x86/xstate.rst) gives
/// their memory only to processes that ask.
bool may_use_tiles() {
  constexpr unsigned kTiles = 1u << 24, kTileBf16 = 1u << 22;  // of leaf 7's edx
  constexpr unsigned kConfigState = 1u << 17, kDataState = 1u << 18;
  constexpr long kRequestPermission = 0x1023, kTileData = 18;
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || !(ecx & bit_OSXSAVE)) return false;
  if (!__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx)) return false;
  if ((edx & (kTiles | kTileBf16)) != (kTiles | kTileBf16)) return false;
  unsigned low = 0, high = 0;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  if ((low & (kConfigState | kDataState)) != (kConfigState | kDataState)) return false;
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}
#else
bool may_use_tiles() {
  return false;
}
#endif

}  // namespace

bool cpu_has_amx_bf16() {
  static const bool has = cpu_has_bf16() && !is_told_to_use_less() && may_use_tiles();
  return has;
}

bool cpu_is_slow_at_bf16() {
#if defined(__x86_64__)
  return cpu_has_bf16() && __builtin_cpu_is("intel") && !cpu_has_amx_bf16();
#else
  return false;
#endif
}

bool cpu_has_bf16() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512bf16");
#else
  return false;
#endif
}

int usable_cores() {
  int cores = distinct_cores(allowed_cpus());
  if (cores == 0) cores = int(std::thread::hardware_concurrency());
  if (const int quota = quota_in_cores(); quota > 0) cores = std::min(cores, quota);
  return std::max(cores, 1);
}

}  // namespace darkroom
