#include "train/run_samples.h"

#include <gtest/gtest.h>

#include "formats/support.h"

namespace darkroom::train {
namespace {

TEST(RunSamples, TheLatestOfEachPromptAndSeedAreBesideEachOther) {
  const formats::TemporaryFolder folder;
  for (const char* run : {"a", "b"}) std::filesystem::create_directories(folder / run / "sample");
  for (const char* name :
       {"a/sample/my_dog_000000_00_7.png", "a/sample/my_dog_e000002_00_7.png", "a/sample/my_dog_last_00_7.png",
        "a/sample/my_dog_e000002_01_8.png", "a/sample/my_dog_last_02_9.png", "a/sample/odd.png", "a/sample/notes.txt",
        "b/sample/last_000000_00_7.png", "b/sample/last_e000002_00_7.png", "b/sample/last_000000_01_8.png",
        "b/sample/last_e000002_01_8.png", "b/sample/last_last_02_1.png"})
    formats::put(folder / name, "");
  const auto pairs = equal_samples(folder / "a", folder / "b");
  ASSERT_EQ(pairs.size(), 2u);
  EXPECT_EQ(pairs[0].prompt + " " + pairs[0].seed + " " + pairs[0].at, "00 7 e000002");
  EXPECT_EQ(pairs[0].first, folder / "a/sample/my_dog_e000002_00_7.png");
  EXPECT_EQ(pairs[0].second, folder / "b/sample/last_e000002_00_7.png");
  EXPECT_EQ(pairs[1].prompt, "01");
  EXPECT_TRUE(equal_samples(folder / "a", folder / "nowhere").empty());
}

}  // namespace
}  // namespace darkroom::train
