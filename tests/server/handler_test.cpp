#include "server/handler.h"

#include <gtest/gtest.h>

#include "formats/support.h"
#include "server/routes.h"

namespace darkroom::server {
namespace {

TEST(Handler, RoutesMatchWholePaths) {
  std::vector<std::string> parts;
  EXPECT_TRUE(matches("/api/v1/jobs/{}/skip", "/api/v1/jobs/a-1/skip", parts));
  EXPECT_EQ(parts, std::vector<std::string>{"a-1"});
  EXPECT_TRUE(matches("/api/v1/jobs", "/api/v1/jobs", parts));
  EXPECT_TRUE(parts.empty());
  EXPECT_FALSE(matches("/api/v1/jobs/{}", "/api/v1/jobs/", parts));
  EXPECT_FALSE(matches("/api/v1/jobs/{}", "/api/v1/jobs/a/b", parts));
  EXPECT_FALSE(matches("/api/v1/jobs", "/api/v1", parts));
  EXPECT_FALSE(matches("/api", "api", parts));
}

TEST(Handler, RoutesAreDifferent) {
  std::vector<std::string> parts;
  for (const Route& a : routes()) {
    int same = 0;
    for (const Route& b : routes()) same += std::string(a.method) == b.method && std::string(a.path) == b.path;
    EXPECT_EQ(same, 1) << a.method << " " << a.path;
  }
}

TEST(Handler, NumbersOfAQueryAreChecked) {
  const Asked asked{.query = {{"limit", "7"}, {"bad", "7x"}}};
  EXPECT_EQ(asked.number("limit", 1, 0, 10), 7);
  EXPECT_EQ(asked.number("none", 3, 0, 10), 3);
  formats::expect_error(ErrorKind::invalid_request, "from 0 to 5", [&] { asked.number("limit", 1, 0, 5); });
  formats::expect_error(ErrorKind::invalid_request, "\"7x\"", [&] { asked.number("bad", 1, 0, 10); });
}

TEST(Handler, ErrorsHaveAStatusAndAllSayWhy) {
  const Answer answer = error_answer(Error(ErrorKind::not_found, "there is no picture 7"));
  EXPECT_EQ(answer.status, 404);
  const auto json = nlohmann::json::parse(answer.body);
  EXPECT_EQ(json["error"], "NotFound");
  EXPECT_EQ(json["detail"], "there is no picture 7");
  EXPECT_EQ(error_answer(Error(ErrorKind::invalid_request, "")).status, 422);
  EXPECT_EQ(error_answer(Error(ErrorKind::internal, "")).status, 500);
}

}  // namespace
}  // namespace darkroom::server
