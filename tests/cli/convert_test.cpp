#include <gtest/gtest.h>

#include "support/run_program.h"

namespace darkroom::cli {
namespace {

TEST(ConvertCommand, FromAFolderToAFileAndBack) {
  const formats::TemporaryFolder folder;
  const ProgramResult file = run_program({"convert", kTiny + "sd15", "m.safetensors"}, folder.path());
  EXPECT_EQ(file.code, 0) << file.err;
  EXPECT_TRUE(file.out.starts_with("m.safetensors: SD 1.x, ")) << file.out;
  EXPECT_EQ(run_program({"convert", "m.safetensors", "m", "--precision", "bf16"}, folder.path()).code, 0);
  const ProgramResult facts = run_program({"inspect", "m"}, folder.path());
  EXPECT_NE(facts.out.find("dtypes: BF16: "), std::string::npos) << facts.out;
  EXPECT_EQ(run_program({"convert", "m", "m.safetensors"}, folder.path()).code, 2) << "it is there";
  EXPECT_EQ(run_program({"convert", "nowhere", "n.safetensors"}, folder.path()).code, 3);
}

}  // namespace
}  // namespace darkroom::cli
