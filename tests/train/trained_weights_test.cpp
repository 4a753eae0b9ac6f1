#include "train/trained_weights.h"

#include <gtest/gtest.h>

#include "train/model_weights.h"
#include "train/training_folder.h"

namespace darkroom::train {
namespace {

TEST(TrainedGroups, OneRateIsOneGroup) {
  const Tensor two = at::zeros({2}), six = at::zeros({2, 3});
  TrainedGroups groups;
  groups.add("a", 1, {{"a.0", two}, {"a.1", six}});
  groups.add("nothing", 3, {});
  groups.add("b", 0.5, {{"b.0", two}});
  groups.add("c", 1, {{"c.0", six}});
  ASSERT_EQ(groups.groups.size(), 2u);
  EXPECT_EQ(groups.groups[0].parameters.size(), 3u);
  EXPECT_EQ(groups.groups[1].rate_factor, 0.5);
  ASSERT_EQ(groups.parts.size(), 3u);
  EXPECT_EQ(groups.parts[0].tensors, 2);
  EXPECT_EQ(groups.parts[0].parameters, 8);
  EXPECT_EQ(groups.parts[2].group, 0u);
  EXPECT_EQ(groups.parameter_count(), 16);
}

TEST(TrainedWeights, NetworkModuleSaysWhatTheyAre) {
  LoraTraining told = TrainingFolder().training();
  const LoraTraining network = settled(told);
  checkpoint::Checkpoint model = checkpoint::load_checkpoint(told.pretrained_model_name_or_path, {.writable = true});
  {
    const auto adapters = trained_weights(network, model);
    EXPECT_EQ(adapters->groups().groups[0].parameters.front().first.find("lora_te_"), 0u);
    EXPECT_FALSE(model.unet->named_parameters()[0].second->requires_grad());
  }
  told.network_module = "none", told.network.dim = LoraTraining().network.dim;
  const LoraTraining whole = settled(told);
  const auto weights = trained_weights(whole, model);
  EXPECT_NE(dynamic_cast<const ModelWeights*>(weights.get()), nullptr);
  EXPECT_EQ(weights->groups().parameter_count(), model.unet->parameter_count());
}

}  // namespace
}  // namespace darkroom::train
