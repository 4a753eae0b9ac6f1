#include "base/memory.h"

#include <algorithm>
#include <fstream>
#include <string>

namespace darkroom {
namespace {

/// MemTotal of /proc/meminfo, "MemTotal:  16384 kB". 0 = not said.
std::int64_t machine_memory() {
  std::ifstream file("/proc/meminfo");
  std::string name;
  std::int64_t kibibytes = 0;
  return file >> name >> kibibytes && name == "MemTotal:" ? kibibytes << 10 : 0;
}

/// The limit of control group version 2 ("max" or bytes), else of version 1. 0 = none.
std::int64_t group_limit() {
  for (const char* path : {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    std::ifstream file(path);
    std::int64_t bytes = 0;
    if (file >> bytes && bytes > 0) return bytes;
  }
  return 0;
}

}  // namespace

std::int64_t usable_memory() {
  const std::int64_t machine = machine_memory(), group = group_limit();
  return machine > 0 && group > 0 ? std::min(machine, group) : std::max(machine, group);
}

}  // namespace darkroom
