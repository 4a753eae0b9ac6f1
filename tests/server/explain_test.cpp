// What the page says of a request's fields is what the command line says.
#include <gtest/gtest.h>

#include "support.h"
#include "support/run_program.h"

namespace darkroom::server {
namespace {

/// Asks for a request, and the program for the same by flags.
void expect_same(const nlohmann::json& request, std::vector<std::string> flags) {
  const RunningServer server;
  const auto answer = server.post("/api/v1/explain", {{"request", request}});
  ASSERT_EQ(answer.status, 200) << answer.body;
  flags.insert(flags.begin(), {"generate", "--explain"});
  const ProgramResult told = run_program(flags, server.folder.path());
  ASSERT_EQ(told.code, 0) << told.err;
  int compared = 0;
  for (const auto& field : answer.json["fields"]) {
    const std::string now = field["now"], words = field["words"];
    const std::string text = "    " + words + "\n" + (now.empty() ? "" : "    now: " + now + "\n");
    EXPECT_NE(told.out.find(text), std::string::npos) << field["name"] << ": " << text;
    ++compared;
  }
  EXPECT_GT(compared, 50);
}

TEST(Explain, SaysWhatTheCommandLineSays) {
  expect_same({{"prompt", "a red apple"}}, {"a red apple"});
  expect_same({{"prompt", "a <lora:none:0.5> apple"},
               {"steps", 30},
               {"sampler_name", "Euler a"},
               {"cfg_scale", 5.5},
               {"width", 128},
               {"height", 64},
               {"seed", 7},
               {"batch_size", 3},
               {"enable_hr", true}},
              {"a <lora:none:0.5> apple", "--steps", "30", "--sampler", "Euler a", "--cfg-scale", "5.5", "--width",
               "128", "--height", "64", "--seed", "7", "--batch-size", "3", "--hires", "True"});
}

TEST(Explain, RefusesWhatNoRequestCanBe) {
  const RunningServer server;
  EXPECT_EQ(server.post("/api/v1/explain", {{"request", {{"prompt", "a"}, {"steps", 0}}}}).status, 422);
  EXPECT_EQ(server.post("/api/v1/explain", nlohmann::json::array()).status, 422);
}

}  // namespace
}  // namespace darkroom::server
