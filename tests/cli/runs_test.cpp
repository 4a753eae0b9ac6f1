// darkroom runs from outside.
#include <gtest/gtest.h>

#include "formats/picture_file.h"
#include "formats/png.h"
#include "formats/support.h"
#include "support/run_program.h"

namespace darkroom::cli {
namespace {

TEST(Runs, AreListedShownAndCompared) {
  const formats::TemporaryFolder folder;
  for (const char* name : {"a", "b"}) {
    std::filesystem::create_directories(folder / name);
    formats::put(folder / (std::string(name) + "/options.toml"),
                 std::string("kind = \"lora\"\noptimizer_type = \"AdamW\"\nnetwork_dim = ") +
                     (name[0] == 'a' ? "4" : "32") + "\n");
    formats::put(folder / (std::string(name) + "/log.csv"), "step,seconds,name,value\n7,1,loss,0.25\n");
  }
  const ProgramResult list = run_program({"runs", "list"}, folder.path());
  EXPECT_EQ(list.code, 0) << list.err;
  EXPECT_NE(list.out.find("0.2500"), std::string::npos) << list.out;
  const ProgramResult diff = run_program({"runs", "diff", "a", "b"}, folder.path());
  EXPECT_NE(diff.out.find("4 [default]"), std::string::npos) << diff.out << diff.err;
  EXPECT_EQ(diff.out.find("optimizer_type"), std::string::npos) << diff.out;
  const ProgramResult line =
      run_program({"runs", "diff", "a", "train_network.py --network_dim 4 --flip_aug"}, folder.path());
  EXPECT_NE(line.out.find("flip_aug"), std::string::npos) << line.out << line.err;
  // Sample pictures of equal seeds stand beside each other.
  EXPECT_NE(run_program({"runs", "diff", "a", "b", "--sheet", "sheet.png"}, folder.path()).code, 0);
  for (const char* name : {"a", "b"}) {
    std::filesystem::create_directories(folder / name / "sample");
    formats::write_png(folder / name / "sample/last_last_00_7.png", Image(16, 16, 3), {});
  }
  const ProgramResult samples = run_program({"runs", "diff", "a", "b", "--sheet", "sheet.png"}, folder.path());
  EXPECT_EQ(samples.code, 0) << samples.err;
  EXPECT_NE(samples.out.find("sample 00, seed 7"), std::string::npos) << samples.out;
  EXPECT_GT(formats::read_picture(folder / "sheet.png").image.width, 32);
  EXPECT_NE(run_program({"runs", "show", "b"}, folder.path()).out.find("network_dim = 32\n"), std::string::npos);
  EXPECT_EQ(run_program({"runs", "show", "nowhere"}, folder.path()).code, 3);
}

}  // namespace
}  // namespace darkroom::cli
