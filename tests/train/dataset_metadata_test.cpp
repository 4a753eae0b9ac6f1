#include "train/dataset_metadata.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "train/training_folder.h"

namespace darkroom::train {
namespace {

using Metadata = std::map<std::string, std::string>;

Metadata metadata_of(const LoraTraining& told) {
  Metadata metadata;
  add_dataset_metadata(metadata, told, read_training_set(told, [](int64_t, int64_t) {}));
  return metadata;
}

TEST(DatasetMetadata, RegularisationFoldersAreSaidAsTheyAre) {
  const TrainingFolder folder;
  for (const char* name : {"a", "b", "c", "d", "e"})
    folder.add(std::string("reg/3_disc/") + name + ".png", 32, 32, {9, 9, 9}, "");
  LoraTraining told = folder.training();
  told.train_data_dir = folder / "pictures";
  std::filesystem::rename(folder / "pictures/reg", folder / "reg");
  told.reg_data_dir = folder / "reg";
  const Metadata metadata = metadata_of(settled(told));
  EXPECT_EQ(metadata.at("ss_num_train_images"), "22");
  // Each of them is used four or five times to make 22.
  EXPECT_EQ(metadata.at("ss_num_reg_images"), "15");
  EXPECT_EQ(metadata.at("ss_reg_dataset_dirs"), R"({"3_disc":{"n_repeats":3,"img_count":5}})");
  EXPECT_EQ(metadata.at("ss_resolution"), "(32, 32)");
  EXPECT_FALSE(metadata.contains("ss_datasets"));
}

TEST(DatasetMetadata, EachDatasetSaysItsOwnOptions) {
  const TrainingFolder folder;
  formats::put(folder / "data.toml", R"(
[[datasets]]
resolution = 32
batch_size = 4
enable_bucket = false
  [[datasets.subsets]]
  image_dir = "pictures/10_sks disc"
  num_repeats = 3
  flip_aug = true
  [[datasets.subsets]]
  image_dir = "pictures/2_square"
  class_tokens = "a square"
  is_reg = true
[[datasets]]
resolution = [64, 32]
  [[datasets.subsets]]
  image_dir = "pictures/10_sks disc"
)");
  LoraTraining told = folder.training();
  told.train_data_dir.clear();
  told.dataset_config = folder / "data.toml";
  const Metadata metadata = metadata_of(settled(told));
  EXPECT_FALSE(metadata.contains("ss_resolution"));
  EXPECT_FALSE(metadata.contains("ss_bucket_info"));
  const auto folders = nlohmann::json::parse(metadata.at("ss_dataset_dirs"));
  EXPECT_EQ(folders.size(), 2u);
  EXPECT_EQ(folders.at("10_sks disc").at("n_repeats"), 3);
  EXPECT_EQ(folders.at("10_sks disc (2)").at("img_count"), 2);
  const auto tags = nlohmann::json::parse(metadata.at("ss_tag_frequency"));
  EXPECT_EQ(tags.size(), 1u);
  EXPECT_EQ(tags.at("10_sks disc").at("round"), 2);  // once, though it is in both
  const auto datasets = nlohmann::json::parse(metadata.at("ss_datasets"));
  ASSERT_EQ(datasets.size(), 2u);
  EXPECT_EQ(datasets[0].at("batch_size_per_device"), 4);
  EXPECT_EQ(datasets[0].at("num_train_images"), 6);
  EXPECT_EQ(datasets[0].at("num_reg_images"), 1);
  EXPECT_EQ(datasets[0].at("enable_bucket"), false);
  EXPECT_EQ(datasets[0].at("subsets")[0].at("flip_aug"), true);
  EXPECT_EQ(datasets[0].at("subsets")[1].at("is_reg"), true);
  EXPECT_EQ(datasets[0].at("subsets")[1].at("class_tokens"), "a square");
  EXPECT_EQ(datasets[1].at("resolution"), (nlohmann::json{64, 32}));
  EXPECT_EQ(datasets[1].at("bucket_info").at("buckets").size(), 2u);  // the run's enable_bucket
  const TrainingSet set = read_training_set(settled(told), [](int64_t, int64_t) {});
  EXPECT_EQ(largest_resolution(told, set), (PixelSize{64, 32}));
}

}  // namespace
}  // namespace darkroom::train
