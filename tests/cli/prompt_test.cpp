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

TEST(Prompt, SchedulesOfOlderRules) {
  const formats::TemporaryFolder folder;
  const auto schedules = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"prompt", "[a:b:0.5]", "--steps", "10", "--hires-steps", "20", "--json"});
    return nlohmann::json::parse(run_program(more, folder.path()).out)["schedules"].dump();
  };
  EXPECT_EQ(schedules({}), R"([[20,"b"]])");  // a share below 1 was over with the first pass
  EXPECT_EQ(schedules({"--old-schedule"}), R"([[5,"a"],[10,"b"]])");
}

TEST(Prompt, AsText) {
  const formats::TemporaryFolder folder;
  const auto run = run_program({"prompt", "a [cat|dog]", "--steps", "2"}, folder.path());
  EXPECT_EQ(run.out,
            "calls 0 to 1: a cat\n      1  a cat\n  chunk of 2 tokens\ncalls 2 to 2: a dog\n      1  a dog\n"
            "  chunk of 2 tokens\n");
  EXPECT_EQ(run_program({"prompt", "(a:1.2.3)"}, folder.path()).code, 2);
}

TEST(Prompt, ShowsEmbeddings) {
  const formats::TemporaryFolder folder;
  const std::string embeddings = std::string(DARKROOM_TESTS_DIR) + "/golden/embeddings/sd15";
  const ProgramResult result =
      run_program({"prompt", "a appleword", "--embeddings-dir", embeddings, "--json"}, folder.path());
  ASSERT_EQ(result.code, 0) << result.err;
  const auto json = nlohmann::json::parse(result.out);
  EXPECT_EQ(json.at("embeddings").at(0).at("name"), "appleword");
  EXPECT_EQ(json.at("embeddings").at(0).at("vectors"), 3);
  EXPECT_EQ(json.at("chunks").at(0).at("fixes"), nlohmann::json::array({1}));
  const ProgramResult text = run_program({"prompt", "a appleword", "--embeddings-dir", embeddings}, folder.path());
  EXPECT_NE(text.out.find("embedding appleword: 3 vectors, "), std::string::npos) << text.out;
}

}  // namespace
}  // namespace darkroom::cli
