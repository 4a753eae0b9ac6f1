#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/run_program.h"

namespace darkroom::cli {
namespace {

TEST(GuidanceCommand, ForPeopleAndForPrograms) {
  const formats::TemporaryFolder folder;
  const auto run = [&](std::vector<std::string> more) {
    std::vector<std::string> all = {"guidance", "--prompt", "a cat",    "--model", kTiny + "sd15", "--steps", "2",
                                    "--width",  "32",       "--height", "32",      "--cfg",        "1,4",     "-q"};
    all.insert(all.end(), more.begin(), more.end());
    return run_program(all, folder.path());
  };
  const ProgramResult text = run({"-o", "report"});
  EXPECT_EQ(text.code, 0) << text.err;
  EXPECT_NE(text.out.find("w 4, s 3: "), std::string::npos) << text.out;
  EXPECT_TRUE(std::filesystem::exists(folder / "report" / "guidance.html"));
  const auto json = nlohmann::json::parse(run({"--json"}).out);
  EXPECT_EQ(json["runs"].size(), 2u);
  EXPECT_EQ(json["runs"][0]["cfg_scale"], 1);
  EXPECT_EQ(run({"--cfg", "-1"}).code, 2);
}

}  // namespace
}  // namespace darkroom::cli
