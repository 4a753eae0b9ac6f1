#include "base/error.h"

#include <gtest/gtest.h>

namespace darkroom {
namespace {

TEST(Error, CarriesKindAndMessage) {
  try {
    fail(ErrorKind::not_found, "load {}: there is no such file", "a.bin");
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::not_found);
    EXPECT_STREQ(error.what(), "load a.bin: there is no such file");
  }
}

TEST(Error, GetsContextOnTheWayUp) {
  const Error outer = Error(ErrorKind::io, "disk full").within("write x");
  EXPECT_EQ(outer.kind(), ErrorKind::io);
  EXPECT_STREQ(outer.what(), "write x: disk full");
}

TEST(Error, RequireThrowsOnlyWhenTheConditionFails) {
  EXPECT_NO_THROW(require(true, ErrorKind::internal, "never"));
  EXPECT_THROW(require(false, ErrorKind::internal, "always"), Error);
}

}  // namespace
}  // namespace darkroom
