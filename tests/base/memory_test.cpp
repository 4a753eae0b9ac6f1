#include "base/memory.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace darkroom {
namespace {

TEST(Memory, IsNoMoreThanTheMachineHas) {
  const std::int64_t pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
  EXPECT_GT(usable_memory(), std::int64_t(64) << 20);
  EXPECT_LE(usable_memory(), pages * size);
}

}  // namespace
}  // namespace darkroom
