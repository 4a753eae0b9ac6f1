#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/run_program.h"

namespace darkroom::cli {
namespace {

TEST(BenchCommand, ForPeopleAndForPrograms) {
  const formats::TemporaryFolder folder;
  const ProgramResult text =
      run_program({"bench", "--model", kTiny + "sd15", "--size", "32x48", "--steps", "2", "--precision", "fp32",
                   "--parts", "step,layers,text", "--json", "bench.json", "-o", "page", "-q"},
                  folder.path());
  EXPECT_EQ(text.code, 0) << text.err;
  EXPECT_NE(text.out.find("sd15, 32 x 48, fp32, CFG 7"), std::string::npos) << text.out;
  EXPECT_NE(text.out.find("conv 3x3"), std::string::npos) << text.out;
  EXPECT_EQ(nlohmann::json::parse(formats::content_of((folder / "bench.json").string()))["height"], 48);
  EXPECT_TRUE(std::filesystem::exists(folder / "page" / "bench.html"));
  const ProgramResult json = run_program({"bench", "--parts", "peak", "--json", "-"}, folder.path());
  EXPECT_GT(nlohmann::json::parse(json.out)["peaks"][0]["fp32"], 1e9);
}

TEST(BenchCommand, Explains) {
  const formats::TemporaryFolder folder;
  const ProgramResult words = run_program({"bench", "--explain"}, folder.path());
  EXPECT_EQ(words.code, 0);
  EXPECT_NE(words.out.find("The peak is what all threads reach"), std::string::npos);
}

TEST(BenchCommand, RefusesWhatItCannotRead) {
  const formats::TemporaryFolder folder;
  const auto refused = [&](std::vector<std::string> arguments, const std::string& words) {
    arguments.insert(arguments.begin(), "bench");
    const ProgramResult result = run_program(arguments, folder.path());
    EXPECT_EQ(result.code, 2) << result.err;
    EXPECT_NE(result.err.find(words), std::string::npos) << result.err;
  };
  for (const char* size : {"512", "x", "512x", "-1x5", "5x5x5", "axb"}) refused({"--size", size}, "--size: ");
  refused({"--size", "999999999999x8"}, "--width");
  refused({"--parts", "speed"}, "--parts: must be some of");
  refused({"--plain", "--compare-plain"}, "--plain and --compare-plain: one of the two");
  refused({"--precision", "int3"}, "--precision");
  refused({"--threads", "-3"}, "--threads");
}

}  // namespace
}  // namespace darkroom::cli
