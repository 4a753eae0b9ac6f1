#include "base/build_id.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>

namespace darkroom {
namespace {

TEST(BuildId, IsTheLinkersNote) {
  const std::string id = build_id();
  EXPECT_EQ(id.size(), 12u) << "is the test linked with --build-id?";
  EXPECT_TRUE(std::all_of(id.begin(), id.end(), [](unsigned char c) { return std::isxdigit(c) != 0; })) << id;
  EXPECT_EQ(id, build_id());
}

}  // namespace
}  // namespace darkroom
