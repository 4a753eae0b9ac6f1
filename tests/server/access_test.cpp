#include "server/access.h"

#include <gtest/gtest.h>

#include "formats/support.h"
#include "server/base64.h"

namespace darkroom::server {
namespace {

TEST(Access, OnThisMachineNobodySignsIn) {
  const Access access("127.0.0.1", "");
  EXPECT_EQ(access.verdict({.host = "127.0.0.1:7860"}).status, 200);
  EXPECT_EQ(access.verdict({.host = "localhost:7860", .changes_something = true}).status, 200);
}

TEST(Access, NamesOfOtherMachinesAreRefused) {
  const Access access("127.0.0.1", "");
  EXPECT_EQ(access.verdict({.host = "evil.example:7860"}).status, 403) << "DNS rebinding";
  EXPECT_EQ(access.verdict({.host = ""}).status, 403);
}

TEST(Access, PagesOfOtherSitesChangeNothing) {
  const Access access("127.0.0.1", "");
  const auto status = [&](const char* origin) {
    return access.verdict({.host = "localhost:7860", .origin = origin, .changes_something = true}).status;
  };
  EXPECT_EQ(status("http://localhost:7860"), 200);
  EXPECT_EQ(status(""), 200) << "programs send none";
  EXPECT_EQ(status("http://localhost:8080"), 403);
  EXPECT_EQ(status("https://evil.example"), 403);
  EXPECT_EQ(status("null"), 403);
  EXPECT_EQ(access.verdict({.host = "localhost:7860", .origin = "https://evil.example"}).status, 200)
      << "it only reads";
}

TEST(Access, UsersSignIn) {
  const Access access("0.0.0.0", "ann:secret,bob:pass:word");
  const auto verdict = [&](const std::string& said) {
    return access.verdict({.host = "studio:7860", .authorization = "Basic " + base64(said)});
  };
  EXPECT_EQ(verdict("ann:secret").user, "ann");
  EXPECT_EQ(verdict("bob:pass:word").status, 200);
  EXPECT_EQ(verdict("ann:secre").status, 401);
  EXPECT_EQ(verdict("ann:secrets").status, 401);
  EXPECT_EQ(verdict("ann:").status, 401);
  EXPECT_EQ(verdict("eve:secret").status, 401);
  EXPECT_EQ(verdict("ann").status, 401);
  EXPECT_EQ(access.verdict({.host = "studio:7860"}).status, 401);
  EXPECT_EQ(access.verdict({.host = "studio:7860", .authorization = "Basic \xff"}).status, 401);
}

TEST(Access, OtherComputersNeedUsers) {
  formats::expect_error(ErrorKind::invalid_request, "--api-auth", [] { Access("0.0.0.0", ""); });
  formats::expect_error(ErrorKind::invalid_request, "--api-auth", [] { Access("192.168.0.7", ""); });
  formats::expect_error(ErrorKind::invalid_request, "name:password", [] { Access("127.0.0.1", "ann"); });
  formats::expect_error(ErrorKind::invalid_request, "name:password", [] { Access("127.0.0.1", "ann:"); });
}

}  // namespace
}  // namespace darkroom::server
