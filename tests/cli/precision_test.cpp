#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/run_program.h"

namespace darkroom::cli {
namespace {

TEST(PrecisionCommand, ForPeopleAndForPrograms) {
  const formats::TemporaryFolder folder;
  const std::vector<std::string> small = {"precision", "--prompt", "a cat", "--model",  kTiny + "sd15", "--steps",
                                          "2",         "--width",  "32",    "--height", "32",           "-q"};
  std::vector<std::string> with_files = small, for_programs = small;
  with_files.insert(with_files.end(), {"-o", "report"});
  for_programs.push_back("--json");
  const ProgramResult text = run_program(with_files, folder.path());
  EXPECT_EQ(text.code, 0) << text.err;
  EXPECT_NE(text.out.find("UNet alone in bf16: "), std::string::npos) << text.out;
  EXPECT_TRUE(std::filesystem::exists(folder / "report" / "precision.html"));
  const auto json = nlohmann::json::parse(run_program(for_programs, folder.path()).out);
  EXPECT_EQ(json["runs"][2]["format"], "fp16");
  EXPECT_EQ(run_program({"precision"}, folder.path()).code, 2) << "no prompt";
}

}  // namespace
}  // namespace darkroom::cli
