#include "train/lora_log.h"

#include <gtest/gtest.h>

#include "formats/support.h"

namespace darkroom::train {
namespace {

TEST(LoraLog, AContinuedRunGoesOnInItsFolder) {
  const formats::TemporaryFolder logs;
  const auto first = log_folder(logs.path(), "a_", false);
  EXPECT_EQ(first.filename(), "network_train");
  EXPECT_EQ(first.parent_path().filename().string().size(), 2u + 14u);
  std::filesystem::create_directories(logs / "a_20200101000000");
  std::filesystem::create_directories(logs / "a_20200102000000");
  std::filesystem::create_directories(logs / "a_notes");
  std::filesystem::create_directories(logs / "20300101000000");
  EXPECT_EQ(log_folder(logs.path(), "a_", true).parent_path().filename(), "a_20200102000000");
  EXPECT_NE(log_folder(logs.path(), "a_", false).parent_path().filename(), "a_20200102000000");
}

TEST(LoraLog, TheAverageIsOverAnEpoch) {
  const formats::TemporaryFolder folder;
  LoraLog log(folder.path(), 2);
  log.step(1, 1.0, {}, {}, {});
  EXPECT_EQ(log.average(), 1.0);
  log.step(2, 2.0, {{"loss_quarter_1", 0.5}}, {{"unet", 1e-4, 0.25}}, LoraNetwork::Norms{3, 0.5, 1.0});
  log.step(3, 4.0, {}, {}, {});
  EXPECT_EQ(log.average(), 3.0);
  log.validation(3.5, 1, false);
  const std::string events = formats::content_of(std::filesystem::directory_iterator(folder.path())->path());
  for (const char* tag : {"loss/quarter_1", "lr/unet", "lr/d*lr/unet", "max_norm/keys_scaled", "max_norm/max_key_norm",
                          "norm/avg_key_norm", "loss/validation/epoch_divergence"})
    EXPECT_NE(events.find(tag), std::string::npos) << tag;
}

}  // namespace
}  // namespace darkroom::train
