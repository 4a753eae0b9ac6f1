#include "train/lora_record.h"

#include <gtest/gtest.h>

#include "train/run_record.h"
#include "train/training_folder.h"

namespace darkroom::train {
namespace {

TrainingSet set_of(const std::string& caption) {
  TrainingSet set;
  TrainingPicture picture;
  picture.file_hash = "abc";
  picture.caption = {caption};
  set.trained.push_back(picture);
  return set;
}

TEST(LoraRecord, WhatIsTheSameHasTheSameId) {
  const LoraTraining told;
  const std::string one = lora_record("network_dim = 4\n", "m", told, set_of("a red disc"));
  EXPECT_EQ(one, lora_record("network_dim = 4\n", "m", told, set_of("a red disc")));
  const auto differing = [&](const std::string& other) {
    std::string names;
    for (const std::string& line : differences(one, other, [](const std::string&) { return false; }))
      names += line.substr(0, line.find(':')) + " ";
    return names;
  };
  EXPECT_EQ(differing(lora_record("network_dim = 8\n", "m", told, set_of("a red disc"))), "network_dim run_id ");
  EXPECT_EQ(differing(lora_record("network_dim = 4\n", "n", told, set_of("a red disc"))), "model_sha256 run_id ");
  EXPECT_EQ(differing(lora_record("network_dim = 4\n", "m", told, set_of("a blue disc"))), "pictures_sha256 run_id ");
  const TrainingFolder folder;
  LoraTraining on_top;
  on_top.base_weights = {folder / "pictures/10_sks disc/a.txt"};
  EXPECT_EQ(differing(lora_record("network_dim = 4\n", "m", on_top, set_of("a red disc"))),
            "base_weights_sha256 run_id ");
}

TEST(LoraRecord, HowLongItGoesOnMayDifferAndWhatIsLearntMayNot) {
  for (const char* name : {"max_train_steps", "save_every_n_steps", "sample_prompts", "logging_dir", "run_id"})
    EXPECT_TRUE(may_differ_when_continued(name)) << name;
  for (const char* name : {"network_dim", "seed", "pictures_sha256", "base_weights_sha256", "weighted_captions"})
    EXPECT_FALSE(may_differ_when_continued(name)) << name;
}

}  // namespace
}  // namespace darkroom::train
