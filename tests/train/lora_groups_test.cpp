#include "train/lora_groups.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "train/state.h"
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
  told.text_encoder_lr = {told.run.learning_rate / 2};
  const TrainedGroups groups = groups_of(told);
  ASSERT_EQ(groups.groups.size(), 2u);
  EXPECT_EQ(groups.groups[0].rate_factor, 0.5);
  told.text_encoder_lr = {0};
  EXPECT_EQ(names_of(groups_of(told)), std::vector<std::string>{"unet"});
}

LoraTraining sdxl_training() {
  LoraTraining told = TrainingFolder().training();
  told.pretrained_model_name_or_path = std::string(DARKROOM_TESTS_DIR) + "/golden/tiny/sdxl";
  return told;
}

TEST(LoraGroups, EachTextEncoderMayHaveItsRate) {
  LoraTraining told = sdxl_training();
  told.run.learning_rate = 1e-3, told.text_encoder_lr = {5e-4, 1e-4};
  const TrainedGroups each = groups_of(told);
  EXPECT_EQ(names_of(each), (std::vector<std::string>{"textencoder 1", "textencoder 2", "unet"}));
  ASSERT_EQ(each.groups.size(), 3u);
  const std::pair<double, const char*> expected[] = {{0.5, "lora_te1_"}, {0.1, "lora_te2_"}, {1, "lora_unet_"}};
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_DOUBLE_EQ(each.groups[i].rate_factor, expected[i].first);
    for (const auto& [name, tensor] : each.groups[i].parameters)
      EXPECT_TRUE(name.starts_with(expected[i].second)) << name;
  }
  told.network_args = {"loraplus_text_encoder_lr_ratio=4"};
  EXPECT_EQ(names_of(groups_of(told)), (std::vector<std::string>{"textencoder 1", "textencoder 1 plus", "textencoder 2",
                                                                 "textencoder 2 plus", "unet"}));
  told.network_args = {}, told.text_encoder_lr = {0, 1e-4};
  const TrainedGroups second = groups_of(told);
  EXPECT_EQ(names_of(second), (std::vector<std::string>{"textencoder 2", "unet"}));
  for (const ParameterGroup& group : second.groups)
    for (const auto& [name, tensor] : group.parameters) EXPECT_FALSE(name.starts_with("lora_te1_")) << name;
  told.text_encoder_lr = {5e-4, 5e-4};  // as kohya's GUI writes one rate
  EXPECT_EQ(names_of(groups_of(told)), (std::vector<std::string>{"textencoder", "unet"}));
}

// Lion moves every number by its rate.
TEST(LoraGroups, TheOptimizerStepsAtTheirRates) {
  LoraTraining told = sdxl_training();
  told.run.learning_rate = 1e-3, told.text_encoder_lr = {5e-4, 1e-4}, told.unet_lr = 2e-3;
  told.run.optimizer = "Lion", told.run.max_grad_norm = 0;
  told = settled(told);
  const checkpoint::Checkpoint model = checkpoint::load_checkpoint(told.pretrained_model_name_or_path);
  const LoraNetwork network(told.network, model, 0);
  std::map<std::string, Tensor> before;
  for (const auto& [name, tensor] : network.parameters()) {
    before[name] = tensor.detach().clone();
    Tensor(tensor).mutable_grad() = at::ones_like(tensor);
  }
  TrainingState state(told.run, lora_groups(told, network).groups);
  state.update(told.run.learning_rate);
  for (const auto& [name, tensor] : network.parameters()) {
    const double rate = name.starts_with("lora_te1_") ? 5e-4 : name.starts_with("lora_te2_") ? 1e-4 : 2e-3;
    const Tensor step = before[name] - tensor.detach();
    EXPECT_NEAR(step.min().item<double>(), rate, 1e-7) << name;
    EXPECT_NEAR(step.max().item<double>(), rate, 1e-7) << name;
  }
}

TEST(LoraGroups, OneTextEncoderHasOneRate) {
  LoraTraining told = TrainingFolder().training();
  checkpoint::Checkpoint model = checkpoint::load_checkpoint(told.pretrained_model_name_or_path);
  told.text_encoder_lr = {5e-4, 5e-4};  // as kohya's GUI writes one rate
  LoraTraining equal = settled(told);
  EXPECT_EQ(trained_weights(equal, model)->groups().groups.size(), 2u);
  told.text_encoder_lr = {5e-4, 1e-4};
  LoraTraining two = settled(told);
  const Error error = formats::error_of([&] { trained_weights(two, model); });
  EXPECT_EQ(error.kind(), ErrorKind::invalid_request);
  EXPECT_NE(std::string(error.what()).find("0.0005 and 0.0001, and this model has one text encoder"), std::string::npos)
      << error.what();
  told.network_train_unet_only = true;
  LoraTraining none = settled(told);
  EXPECT_NO_THROW(trained_weights(none, model));
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
