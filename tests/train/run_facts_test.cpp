#include "train/run_facts.h"

#include <gtest/gtest.h>

#include "checkpoint/load.h"
#include "train/lora_network.h"
#include "train/training_folder.h"

namespace darkroom::train {
namespace {

const std::string kModels = std::string(DARKROOM_TESTS_DIR) + "/golden/tiny/";

TEST(RunFacts, CountWhatALoraWillHave) {
  for (const char* name : {"sd15", "sd21", "sdxl"}) {
    const RunFacts::Model facts = facts_of_model(kModels + name);
    const checkpoint::Checkpoint model = checkpoint::load_checkpoint(kModels + name);
    constexpr int64_t kRank = 3;
    const LoraNetwork network({.dim = kRank}, model, 0);
    LoraSizes unet, text;
    for (const LoraModule& module : network.modules()) {
      LoraSizes& part = module.is_text ? text : unet;
      ++part.modules;
      for (const auto& [suffix, matrix] : module.change->matrices()) part.per_rank += matrix.numel() / kRank;
    }
    EXPECT_EQ(facts.unet.modules, unet.modules) << name;
    EXPECT_EQ(facts.unet.per_rank, unet.per_rank) << name;
    EXPECT_EQ(facts.text().modules, text.modules) << name;
    EXPECT_EQ(facts.text().per_rank, text.per_rank) << name;
    EXPECT_EQ(facts.is_sdxl, std::string(name) == "sdxl");
  }
}

TEST(RunFacts, CountPicturesAsTheRunDoes) {
  const TrainingFolder folder;
  const LoraTraining told = settled(folder.training());
  int asked = 0;
  const RunFacts facts = run_facts(told, [&](const std::filesystem::path& picture) {
    ++asked;
    return size_in_file(picture);
  });
  ASSERT_TRUE(facts.plan);
  EXPECT_EQ(asked, 3);
  const LoraPlan whole = plan_of_run(told, read_training_set(told, [](int64_t, int64_t) {}));
  EXPECT_EQ(plan_text(*facts.plan), plan_text(whole));
  EXPECT_EQ(facts.captions.size(), 3U);
  EXPECT_EQ(facts.encoded_pixels, 32 * 32 + 2 * 40 * 24) << "of like area, sides of 8";
}

TEST(RunFacts, LeaveOutWhatCannotBeRead) {
  LoraTraining told;
  told.pretrained_model_name_or_path = "/nowhere", told.train_data_dir = "/nowhere";
  const RunFacts facts = run_facts(told, size_in_file);
  EXPECT_FALSE(facts.plan);
  EXPECT_FALSE(facts.model);
}

}  // namespace
}  // namespace darkroom::train
