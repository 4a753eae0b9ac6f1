#include "train/command_line.h"

#include <gtest/gtest.h>

#include "train/recorded_run.h"
#include "train/training_folder.h"

namespace darkroom::train {
namespace {

LoraTraining told_training() {
  LoraTraining told = TrainingFolder().training();
  told.run.optimizer_args = {"weight_decay=0.1"};
  told.captions.prefix = "it's a \"thing\"; $x";
  told.enable_bucket = true;
  return told;
}

TEST(CommandLine, SaysWhatDiffersFromTheDefaults) {
  const std::string line = darkroom_command(told_training());
  EXPECT_TRUE(line.starts_with("darkroom train --pretrained_model_name_or_path ")) << line;
  EXPECT_NE(line.find(" --enable_bucket "), std::string::npos) << line;
  EXPECT_EQ(line.find("--network_alpha"), std::string::npos) << "a default";
}

TEST(CommandLine, IsReadBackToTheSameOptions) {
  const LoraTraining told = told_training();
  for (const std::string& line : {darkroom_command(told), kohya_command(told)}) {
    const auto options = command_line_options(line);
    EXPECT_EQ(options.at("caption_prefix"), told.captions.prefix);
    EXPECT_EQ(options.at("optimizer_args"), "weight_decay=0.1");
    EXPECT_EQ(options.at("max_train_steps"), "6");
    EXPECT_EQ(options.at("enable_bucket"), "true");
  }
}

TEST(CommandLine, ForKohyasTrainerNamesWhatIsAnotherDefaultThere) {
  const std::string line = kohya_command(LoraTraining());
  for (const char* name : {"--caption_extension .txt", "--network_dim 4", "--learning_rate 0.0001"})
    EXPECT_NE(line.find(name), std::string::npos) << line;
  LoraTraining ours;
  ours.latent_cache_dir = "cache";
  EXPECT_EQ(kohya_command(ours).find("latent_cache_dir"), std::string::npos) << "it has no such option";
}

}  // namespace
}  // namespace darkroom::train
