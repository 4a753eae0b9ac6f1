#include "cli/progress_bar.h"

#include <gtest/gtest.h>

#include "formats/support.h"

namespace darkroom::cli {
namespace {

/// A bar whose time we set and whose output we read.
struct Scene {
  formats::TemporaryFolder folder;
  std::FILE* file = std::fopen((folder / "out").c_str(), "w");
  double now = 100;
  ProgressBar bar;
  explicit Scene(bool terminal) : bar(file, terminal, [this] { return now; }) {}
  ~Scene() { std::fclose(file); }
  std::string text() const {
    std::fflush(file);
    return formats::content_of(folder / "out");
  }
};

void sample(Scene& scene, int from, int to, int total, double seconds) {
  for (int i = from; i <= to; ++i) {
    if (i > from) scene.now += seconds;
    scene.bar.show({"sampling", i, total, ""});
  }
}

TEST(ProgressBar, TerminalShowsRateAndTimeLeft) {
  Scene scene(true);
  sample(scene, 0, 10, 40, 2.5);
  const std::string text = scene.text();
  EXPECT_NE(text.find("10/40  2.50 s/step  ETA 1:15"), std::string::npos) << text;
  EXPECT_EQ(text.find('\n'), std::string::npos);
  EXPECT_NE(text.find("[#######                       ] 10/40"), std::string::npos);
}

TEST(ProgressBar, HoursAreShownAsHours) {
  Scene scene(true);
  sample(scene, 0, 1, 100, 60);
  EXPECT_NE(scene.text().find("ETA 1:39:00"), std::string::npos);
}

TEST(ProgressBar, ShorterLinesCoverLongerOnes) {
  Scene scene(true);
  scene.bar.show({"a long stage name", 0, 0, ""});
  scene.bar.show({"short", 0, 0, ""});
  EXPECT_EQ(scene.text(), "\ra long stage name\rshort            ");
  scene.bar.clear();
  EXPECT_TRUE(scene.text().ends_with("\r     \r"));
}

TEST(ProgressBar, LogsGetOneLinePerStage) {
  Scene scene(false);
  scene.bar.show({"loading the model", 0, 0, ""});
  sample(scene, 0, 20, 20, 1);
  scene.bar.show({"decoding", 0, 1, ""});
  EXPECT_EQ(scene.text(), "loading the model\nsampling: 20 steps\ndecoding\n");
}

TEST(ProgressBar, OnlySamplingCountsForTheRate) {
  Scene scene(false);
  EXPECT_EQ(scene.bar.seconds_per_step(), 0);
  sample(scene, 0, 4, 8, 2);
  scene.bar.show({"decoding", 0, 2, ""});
  scene.now += 1000;
  sample(scene, 4, 8, 8, 4);
  EXPECT_DOUBLE_EQ(scene.bar.seconds_per_step(), 3);
}

}  // namespace
}  // namespace darkroom::cli
