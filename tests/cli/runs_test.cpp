// darkroom runs from outside.
#include <gtest/gtest.h>

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
  EXPECT_NE(run_program({"runs", "show", "b"}, folder.path()).out.find("network_dim = 32\n"), std::string::npos);
  EXPECT_EQ(run_program({"runs", "show", "nowhere"}, folder.path()).code, 3);
}

}  // namespace
}  // namespace darkroom::cli
