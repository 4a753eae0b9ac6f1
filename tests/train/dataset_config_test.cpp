#include "train/dataset_config.h"

#include <gtest/gtest.h>

#include "train/training_folder.h"
#include "train/training_pictures.h"

namespace darkroom::train {
namespace {

LoraTraining told_by(const TrainingFolder& folder, const std::string& toml) {
  formats::put(folder / "data.toml", toml);
  LoraTraining told = folder.training();
  told.train_data_dir.clear();
  told.dataset_config = folder / "data.toml";
  return settled(told);
}

const char* const kConfig = R"(
[general]
flip_aug = true
caption_extension = ".txt"
keep_tokens = 1

[[datasets]]
resolution = 32
batch_size = 4
  [[datasets.subsets]]
  image_dir = "pictures/10_sks disc"
  num_repeats = 3
  shuffle_caption = true
  [[datasets.subsets]]
  image_dir = "pictures/2_square"
  class_tokens = "a square"
  flip_aug = false
  is_reg = true

[[datasets]]
resolution = [64, 32]
  [[datasets.subsets]]
  image_dir = "pictures/2_square"
  caption_prefix = "green"
)";

TEST(DatasetConfig, WhatASubsetDoesNotSayIsSaidAboveIt) {
  const TrainingFolder folder;
  const auto datasets = training_datasets(told_by(folder, kConfig));
  ASSERT_EQ(datasets.size(), 2u);
  ASSERT_EQ(datasets[0].subsets.size(), 2u);
  EXPECT_EQ(datasets[0].batch_size, 4);
  EXPECT_EQ(datasets[1].batch_size, 2);  // the run's
  const DatasetSubset& disc = datasets[0].subsets[0];
  EXPECT_EQ(disc.folders[0].repeats, 3);
  EXPECT_TRUE(disc.options->flip_aug);
  EXPECT_TRUE(disc.options->captions.shuffle);
  EXPECT_EQ(disc.options->captions.keep_tokens, 1);
  const DatasetSubset& square = datasets[0].subsets[1];
  EXPECT_FALSE(square.options->flip_aug);
  EXPECT_FALSE(square.options->captions.shuffle);
  EXPECT_TRUE(square.is_regularisation);
  EXPECT_EQ(square.folders[0].pictures[0].caption.front(), "a square");
  EXPECT_EQ(datasets[1].subsets[0].options->buckets.resolution, (PixelSize{64, 32}));
  EXPECT_EQ(datasets[1].subsets[0].options->captions.prefix, "green");
}

TEST(DatasetConfig, DatasetsAreBatchedApart) {
  const TrainingFolder folder;
  const LoraTraining told = told_by(folder, kConfig);
  const TrainingSet set = read_training_set(told, [](int64_t, int64_t) {});
  EXPECT_EQ(set.trained.size(), 4u);  // two discs, the square as regularisation, the square again
  for (const TrainingBucket& bucket : set.buckets)
    EXPECT_EQ(bucket.batch_size, &bucket == &set.buckets.back() ? 2 : 4) << bucket.size.width;
  EXPECT_EQ(set.trained[size_t(set.buckets.back().pictures.front())].options->captions.prefix, "green");
  EXPECT_EQ(set.largest_batch(), 4);
  // Of the first dataset 3 + 3 discs and 6 squares.
  EXPECT_EQ(set.pictures_per_epoch(), 12 + 1);
}

TEST(DatasetConfig, WhatChangesNothingHereIsAccepted) {
  const TrainingFolder folder;
  const auto datasets = training_datasets(
      told_by(folder,
              "[[datasets]]\n[[datasets.subsets]]\nimage_dir = \"pictures/2_square\"\ncache_info = true\n"
              "face_crop_aug_range = \"\"\n"));
  EXPECT_EQ(datasets[0].subsets.size(), 1u);
}

TEST(DatasetConfig, AFolderThatStandsTwiceIsReadOnce) {
  const TrainingFolder folder;
  const auto datasets =
      training_datasets(told_by(folder,
                                "[[datasets]]\n"
                                "[[datasets.subsets]]\nimage_dir = \"pictures/2_square\"\n"
                                "[[datasets.subsets]]\nimage_dir = \"pictures/../pictures/2_square/\"\n"
                                "[[datasets.subsets]]\nimage_dir = \"pictures/10_sks disc\"\n"));
  ASSERT_EQ(datasets[0].subsets.size(), 2u);
  EXPECT_EQ(datasets[0].subsets[0].folders[0].path.filename(), "2_square");
  EXPECT_EQ(datasets[0].subsets[1].folders[0].path.filename(), "10_sks disc");
}

TEST(DatasetConfig, EveryOptionOfEverySubsetIsOnRecord) {
  const TrainingFolder folder;
  const std::string record = recorded(training_datasets(told_by(folder, kConfig)));
  for (const char* line : {"dataset1_batch_size = 4\n", "dataset1_subset1_flip_aug = true\n",
                           "dataset1_subset2_flip_aug = false\n", "dataset2_subset1_caption_prefix = 'green'\n",
                           "dataset1_subset1_keep_tokens = 1\n", "dataset2_subset1_random_crop = false\n"})
    EXPECT_NE(record.find(line), std::string::npos) << line << " in\n" << record;
}

TEST(DatasetConfig, MistakesAreNamed) {
  const TrainingFolder folder;
  const auto message = [&](const std::string& toml) {
    return std::string(formats::error_of([&] { training_datasets(told_by(folder, toml)); }).what());
  };
  const std::string start = "[[datasets]]\n[[datasets.subsets]]\nimage_dir = \"pictures/2_square\"\n";
  EXPECT_NE(message(start + "flip_agu = true\n").find("flip_agu"), std::string::npos);
  EXPECT_NE(message(start + "resolution = 64\n").find("belongs into [[datasets]]"), std::string::npos);
  EXPECT_NE(message("[[datasets]]\n[[datasets.subsets]]\nnum_repeats = 2\n").find("image_dir"), std::string::npos);
  EXPECT_NE(message("[[datasets]]\n").find("subsets"), std::string::npos);
  EXPECT_NE(message("[general]\n").find("[[datasets]]"), std::string::npos);
  EXPECT_NE(message("shuffle_caption = true\n" + start).find("outside of [general]"), std::string::npos);
  EXPECT_NE(message("[generall]\n" + start).find("generall"), std::string::npos);
  EXPECT_NE(message(start + "[datasets.subsets.custom_attributes]\na = 1\n").find("custom_attributes"),
            std::string::npos);
  EXPECT_NE(message(start + "face_crop_aug_range = \"1,2\"\n").find("faces"), std::string::npos);
  EXPECT_NE(message(start + "conditioning_data_dir = \"masks\"\n").find("masked_loss of the run"), std::string::npos);
  EXPECT_NE(message("datasets = 5\n").find("list of tables"), std::string::npos);
  EXPECT_NE(message(start + "num_repeats = 0\n").find("1 to"), std::string::npos);
  LoraTraining both = folder.training();
  both.dataset_config = folder / "data.toml";
  EXPECT_EQ(formats::error_of([&] { settled(both); }).kind(), ErrorKind::invalid_request);
}

}  // namespace
}  // namespace darkroom::train
