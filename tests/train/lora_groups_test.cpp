#include "train/lora_groups.h"

#include <gtest/gtest.h>

#include "train/training_folder.h"

namespace darkroom::train {
namespace {

LoraGroups groups_of(LoraTraining told) {
  told = settled(told);
  const checkpoint::Checkpoint model = checkpoint::load_checkpoint(told.pretrained_model_name_or_path);
  const LoraNetwork network(told.network, model, 0);
  return lora_groups(told, network);
}

std::vector<std::string> names_of(const LoraGroups& groups) {
  std::vector<std::string> names;
  for (const auto& [name, group] : groups.names) names.push_back(name);
  return names;
}

TEST(LoraGroups, OneRateIsOneGroup) {
  LoraTraining told = TrainingFolder().training();
  const LoraGroups groups = groups_of(told);
  EXPECT_EQ(groups.groups.size(), 1u);
  EXPECT_EQ(names_of(groups), (std::vector<std::string>{"textencoder", "unet"}));
  EXPECT_EQ(groups.groups[0].rate_factor, 1);
  EXPECT_EQ(groups.groups[0].parameters.front().first.find("lora_te_"), 0u);
}

TEST(LoraGroups, TwoRatesAreTwo) {
  LoraTraining told = TrainingFolder().training();
  told.text_encoder_lr = told.run.learning_rate / 2;
  const LoraGroups groups = groups_of(told);
  ASSERT_EQ(groups.groups.size(), 2u);
  EXPECT_EQ(groups.groups[0].rate_factor, 0.5);
  told.text_encoder_lr = 0;
  EXPECT_EQ(names_of(groups_of(told)), std::vector<std::string>{"unet"});
}

TEST(LoraGroups, LoraPlusTrainsUpFaster) {
  LoraTraining told = TrainingFolder().training();
  told.network_train_unet_only = true;
  told.network_args = {"loraplus_lr_ratio=16"};
  const LoraGroups groups = groups_of(told);
  EXPECT_EQ(names_of(groups), (std::vector<std::string>{"unet", "unet plus"}));
  ASSERT_EQ(groups.groups.size(), 2u);
  EXPECT_EQ(groups.groups[1].rate_factor, 16);
  for (const auto& [name, tensor] : groups.groups[1].parameters) EXPECT_TRUE(name.ends_with(".lora_up.weight")) << name;
  EXPECT_EQ(groups.groups[0].parameters.size(), groups.groups[1].parameters.size());
}

}  // namespace
}  // namespace darkroom::train
