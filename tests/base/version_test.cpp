#include "base/version.h"

#include <gtest/gtest.h>

namespace darkroom {

TEST(Version, IsTheProjects) {
  EXPECT_EQ(version(), DARKROOM_PROJECT_VERSION);
}

}  // namespace darkroom
