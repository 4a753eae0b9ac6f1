#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/run_program.h"

namespace darkroom::cli {
namespace {

TEST(Prompt, AsJson) {
  const formats::TemporaryFolder folder;
  const auto run = run_program({"prompt", "a (red:1.3) [cat:dog:4] AND b:2", "--steps", "10", "--json"}, folder.path());
  ASSERT_EQ(run.code, 0) << run.err;
  const auto json = nlohmann::json::parse(run.out);
  EXPECT_EQ(json["and"][1], nlohmann::json::parse(R"([" b", 2.0])"));
  EXPECT_EQ(json["schedules"][0], nlohmann::json::parse(R"([4, "a (red:1.3) cat AND b:2"])"));
  EXPECT_EQ(json["attention"][1], nlohmann::json::parse(R"(["red", 1.3])"));
  EXPECT_EQ(json["chunks"][0]["tokens"].size(), 77u);
}

TEST(Prompt, AsText) {
  const formats::TemporaryFolder folder;
  const auto run = run_program({"prompt", "a [cat|dog]", "--steps", "2"}, folder.path());
  EXPECT_EQ(run.out,
            "calls 0 to 1: a cat\n      1  a cat\n  chunk of 2 tokens\ncalls 2 to 2: a dog\n      1  a dog\n"
            "  chunk of 2 tokens\n");
  EXPECT_EQ(run_program({"prompt", "(a:1.2.3)"}, folder.path()).code, 2);
}

}  // namespace
}  // namespace darkroom::cli
