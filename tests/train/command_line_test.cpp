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

TEST(CommandLine, RatesOfTextEncodersHaveTheNamesOfEachTrainer) {
  LoraTraining lora = told_training();
  lora.text_encoder_lr = {5e-5, 1e-5};
  for (const std::string& line : {darkroom_command(lora), kohya_command(lora)})
    EXPECT_NE(line.find(" --text_encoder_lr 5e-05 1e-05 "), std::string::npos) << line;
  LoraTraining whole;
  whole.network_module = "none", whole.train_text_encoder = true, whole.text_encoder_lr = {1e-6};
  EXPECT_NE(kohya_command(whole).find("train_db.py"), std::string::npos);
  EXPECT_NE(kohya_command(whole).find(" --learning_rate_te 1e-06 "), std::string::npos) << kohya_command(whole);
  whole.text_encoder_lr = {1e-6, 2e-6};
  const std::string of_sdxl = kohya_command(whole);
  EXPECT_TRUE(of_sdxl.starts_with("accelerate launch sdxl_train.py")) << of_sdxl;
  EXPECT_NE(of_sdxl.find(" --learning_rate_te1 1e-06 --learning_rate_te2 2e-06 "), std::string::npos) << of_sdxl;
  EXPECT_NE(of_sdxl.find(" --train_text_encoder"), std::string::npos) << of_sdxl;
}

}  // namespace
}  // namespace darkroom::train
