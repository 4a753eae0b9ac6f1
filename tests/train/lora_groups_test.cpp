#include "train/lora_groups.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "train/training_folder.h"

namespace darkroom::train {
namespace {

TrainedGroups groups_of(LoraTraining told) {
  told = settled(told);
  const checkpoint::Checkpoint model = checkpoint::load_checkpoint(told.pretrained_model_name_or_path);
  const LoraNetwork network(told.network, model, 0);
  return lora_groups(told, network);
}

std::vector<std::string> names_of(const TrainedGroups& groups) {
  std::vector<std::string> names;
  for (const TrainedGroups::Part& part : groups.parts) names.push_back(part.name);
  return names;
}

TEST(LoraGroups, OneRateIsOneGroup) {
  LoraTraining told = TrainingFolder().training();
  const TrainedGroups groups = groups_of(told);
  EXPECT_EQ(groups.groups.size(), 1u);
  EXPECT_EQ(names_of(groups), (std::vector<std::string>{"textencoder", "unet"}));
  EXPECT_EQ(groups.groups[0].rate_factor, 1);
  EXPECT_EQ(groups.groups[0].parameters.front().first.find("lora_te_"), 0u);
}

TEST(LoraGroups, TwoRatesAreTwo) {
  LoraTraining told = TrainingFolder().training();
  told.text_encoder_lr = told.run.learning_rate / 2;
  const TrainedGroups groups = groups_of(told);
  ASSERT_EQ(groups.groups.size(), 2u);
  EXPECT_EQ(groups.groups[0].rate_factor, 0.5);
  told.text_encoder_lr = 0;
  EXPECT_EQ(names_of(groups_of(told)), std::vector<std::string>{"unet"});
}

TEST(LoraGroups, LoraPlusTrainsUpFaster) {
  LoraTraining told = TrainingFolder().training();
  told.network_train_unet_only = true;
  told.network_args = {"loraplus_lr_ratio=16"};
  const TrainedGroups groups = groups_of(told);
  EXPECT_EQ(names_of(groups), (std::vector<std::string>{"unet", "unet plus"}));
  ASSERT_EQ(groups.groups.size(), 2u);
  EXPECT_EQ(groups.groups[1].rate_factor, 16);
  for (const auto& [name, tensor] : groups.groups[1].parameters) EXPECT_TRUE(name.ends_with(".lora_up.weight")) << name;
  EXPECT_EQ(groups.groups[0].parameters.size(), groups.groups[1].parameters.size());
}

TEST(LoraGroups, NoRankAnywhereIsNothingToTrain) {
  LoraTraining told = TrainingFolder().training();
  told.network_train_unet_only = true;
  told.network_args = {"down_lr_weight=zeros", "mid_lr_weight=0", "up_lr_weight=zeros"};
  told = settled(told);
  checkpoint::Checkpoint model = checkpoint::load_checkpoint(told.pretrained_model_name_or_path);
  const Error error = formats::error_of([&] { trained_weights(told, model); });
  EXPECT_EQ(error.kind(), ErrorKind::invalid_request);
}

TEST(LoraGroups, BlocksMayHaveRatesOfTheirOwn) {
  LoraTraining told = TrainingFolder().training();
  told.network_train_unet_only = true;
  told.network_args = {"down_lr_weight=1,0.5,1,1,0", "loraplus_lr_ratio=2"};
  const TrainedGroups groups = groups_of(told);
  const auto part = [&](const std::string& name) {
    return std::ranges::find_if(groups.parts, [&](const auto& one) { return one.name == name; });
  };
  ASSERT_NE(part("unet_block1"), groups.parts.end());
  EXPECT_EQ(groups.groups[part("unet_block1")->group].rate_factor, 0.5);
  EXPECT_EQ(groups.groups[part("unet_block1 plus")->group].rate_factor, 1);
  EXPECT_EQ(part("unet_block4"), groups.parts.end());  // its rate is 0, so it has no modules
  ASSERT_NE(part("unet_block12"), groups.parts.end());
  EXPECT_EQ(groups.groups[part("unet_block12 plus")->group].rate_factor, 2);
  EXPECT_EQ(part("unet"), groups.parts.end());
}

}  // namespace
}  // namespace darkroom::train
