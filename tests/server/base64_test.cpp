#include "server/base64.h"

#include <gtest/gtest.h>

#include "formats/support.h"

namespace darkroom::server {
namespace {

// RFC 4648, section 10.
TEST(Base64, IsTheStandards) {
  const std::pair<const char*, const char*> pairs[] = {{"", ""},        {"f", "Zg=="},        {"fo", "Zm8="},
                                                       {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : pairs) {
    EXPECT_EQ(base64(bytes), text);
    EXPECT_EQ(bytes_of_base64(text), bytes);
  }
  std::string all;
  for (int i = 0; i < 256; ++i) all += char(i);
  EXPECT_EQ(bytes_of_base64(base64(all)), all);
}

TEST(Base64, TakesWhatClientsSend) {
  EXPECT_EQ(bytes_of_base64("data:image/png;base64,Zm9v"), "foo");
  EXPECT_EQ(bytes_of_base64("Zm9v\r\nYmFy"), "foobar");
  EXPECT_EQ(bytes_of_base64("Zg"), "f");
  EXPECT_EQ(bytes_of_base64("_-8="), bytes_of_base64("/+8="));
}

TEST(Base64, RefusesWhatIsNone) {
  formats::expect_error(ErrorKind::invalid_request, "byte 1", [] { bytes_of_base64("Z!=="); });
  formats::expect_error(ErrorKind::invalid_request, "cut off", [] { bytes_of_base64("Zm9vY"); });
  formats::expect_error(ErrorKind::invalid_request, ";base64", [] { bytes_of_base64("data:image/png,abc"); });
  formats::expect_error(ErrorKind::invalid_request, ";base64", [] { bytes_of_base64("data:"); });
}

}  // namespace
}  // namespace darkroom::server
