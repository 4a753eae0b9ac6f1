#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "formats/png.h"
#include "support/run_program.h"

namespace darkroom::cli {
namespace {

using formats::TemporaryFolder;

TEST(Inspect, ACheckpointForPeopleAndForPrograms) {
  const TemporaryFolder folder;
  const ProgramResult text = run_program({"inspect", kTiny + "sdxl.safetensors"}, folder.path());
  EXPECT_EQ(text.code, 0) << text.err;
  EXPECT_TRUE(text.out.starts_with("checkpoint\n  variant: SDXL\n  prediction: eps\n")) << text.out;
  const auto json = nlohmann::json::parse(run_program({"inspect", "--json", kTiny + "sdxl"}, folder.path()).out);
  EXPECT_EQ(json["kind"], "checkpoint");
  EXPECT_EQ(json["variant"], "SDXL");
  EXPECT_EQ(json["text encoder"].size(), 2u);
}

TEST(Inspect, APicturesRecipe) {
  const TemporaryFolder folder;
  formats::write_png(folder / "p.png", Image(24, 16, 3), {{"parameters", "a cat\nSteps: 2"}});
  const ProgramResult result = run_program({"inspect", "p.png"}, folder.path());
  EXPECT_EQ(result.code, 0);
  EXPECT_NE(result.out.find("size: 24x16"), std::string::npos);
  EXPECT_NE(result.out.find("parameters:\na cat\nSteps: 2"), std::string::npos);
}

TEST(Inspect, ExitCodesTellWhatWasWrong) {
  const TemporaryFolder folder;
  formats::put(folder / "x.txt", "hello");
  EXPECT_EQ(run_program({"inspect", "x.txt"}, folder.path()).code, 4);
  EXPECT_EQ(run_program({"inspect", "nowhere"}, folder.path()).code, 3);
  EXPECT_EQ(run_program({"inspect"}, folder.path()).code, 2);
}

}  // namespace
}  // namespace darkroom::cli
