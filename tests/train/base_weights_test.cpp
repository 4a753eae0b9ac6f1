// A LoRA on top of others.
#include "train/base_weights.h"

#include <gtest/gtest.h>

#include "adapters/rewrite.h"
#include "base/error.h"
#include "checkpoint/stored_tensors.h"
#include "formats/safetensors.h"
#include "train/run.h"
#include "train/training_folder.h"

namespace darkroom::train {
namespace {

void train_base(const TrainingFolder& folder) {
  LoraTraining base = folder.training("base");
  base.run.learning_rate = 0.05;
  run_training(settled(base), ignore_progress);
}

LoraTraining on_top(const TrainingFolder& folder, const std::string& output) {
  LoraTraining told = folder.training(output);
  told.base_weights = {folder / "base/last.safetensors"};
  told.base_weights_multiplier = {0.5};
  return told;
}

// To train upon a model with a file merged into it is to train upon the checkpoint that file was merged into.
TEST(BaseWeights, AreAsACheckpointTheyWereMergedInto) {
  const TrainingFolder folder;
  train_base(folder);
  run_training(settled(on_top(folder, "top")), ignore_progress);

  LoraTraining merged = folder.training("merged");
  adapters::merge_into_checkpoint({{folder / "base/last.safetensors", 0.5}}, merged.pretrained_model_name_or_path,
                                  folder / "merged_model", /*whole=*/true);
  merged.pretrained_model_name_or_path = folder / "merged_model";
  run_training(settled(merged), ignore_progress);

  run_training(settled(folder.training("plain")), ignore_progress);

  const auto file = [&](const char* run) {
    return formats::read_safetensors(folder / (std::string(run) + "/last.safetensors"));
  };
  const auto top = file("top"), same = file("merged"), other = file("plain");
  bool differs = false;
  for (const auto& [name, tensor] : top.tensors) {
    const Tensor mine = checkpoint::tensor_view(tensor);
    EXPECT_TRUE(at::allclose(mine, checkpoint::tensor_view(same.tensors.at(name)), 1e-4, 1e-6)) << name;
    differs |= !at::allclose(mine, checkpoint::tensor_view(other.tensors.at(name)), 1e-2, 1e-4);
  }
  EXPECT_TRUE(differs);
}

TEST(BaseWeights, ARunGoesOnOnlyUponTheSameOnes) {
  const TrainingFolder folder;
  train_base(folder);
  LoraTraining told = on_top(folder, "top");
  run_training(settled(told), ignore_progress);
  told.run.steps = 8;
  EXPECT_NO_THROW(run_training(settled(told), ignore_progress));
  std::filesystem::copy_file(folder / "top/last.safetensors", folder / "base/last.safetensors",
                             std::filesystem::copy_options::overwrite_existing);
  told.run.steps = 10;
  const Error error = formats::error_of([&] { run_training(settled(told), ignore_progress); });
  EXPECT_NE(std::string(error.what()).find("base_weights_sha256"), std::string::npos) << error.what();
}

TEST(BaseWeights, OfAnotherModelAreRefused) {
  const TrainingFolder folder;
  LoraTraining told = folder.training();
  told.base_weights = {std::string(DARKROOM_TESTS_DIR) + "/golden/lora_sdxl.safetensors"};
  EXPECT_THROW(run_training(settled(told), ignore_progress), Error);
  told.base_weights = {folder / "none.safetensors"};
  EXPECT_EQ(formats::error_of([&] { run_training(settled(told), ignore_progress); }).kind(), ErrorKind::not_found);
}

TEST(BaseWeights, NoneHaveNoHash) {
  EXPECT_EQ(base_weights_sha256({}), "");
}

}  // namespace
}  // namespace darkroom::train
