#include "train/training_pictures.h"

#include <gtest/gtest.h>

#include <set>

#include "base/log.h"
#include "train/training_folder.h"

namespace darkroom::train {
namespace {

TrainingSet set_of(const LoraTraining& told) {
  return read_training_set(settled(told), [](int64_t, int64_t) {});
}

TEST(TrainingPictures, AreSortedIntoBucketsWithTheirRepeats) {
  const TrainingFolder folder;
  const TrainingSet set = set_of(folder.training());
  ASSERT_EQ(set.trained.size(), 3u);
  EXPECT_EQ(set.pictures_per_epoch(), 22);
  ASSERT_EQ(set.buckets.size(), 3u);  // 24x40, 32x32, 40x24: the areas of 32x32
  EXPECT_EQ(set.buckets[0].size, (PixelSize{24, 40}));
  EXPECT_EQ(set.buckets[1].size, (PixelSize{32, 32}));
  EXPECT_EQ(set.batches_per_epoch(), 1 + 5 + 5);
  EXPECT_EQ(set.trained[2].caption.front(), "square");
}

TEST(TrainingPictures, NoCaptionAtAllIsSaid) {
  const TrainingFolder folder;
  std::vector<std::string> lines;
  const LogSink before = set_log_sink([&](LogLevel, const std::string& line) { lines.push_back(line); });
  set_of(folder.training());
  EXPECT_TRUE(lines.empty());  // one has its folder's class
  folder.add("5_/d.png", 32, 32, {1, 2, 3}, "");
  const TrainingSet set = set_of(folder.training());
  set_log_sink(before);
  EXPECT_EQ(set.trained.size(), 4u);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find("1 of 4 pictures have no caption"), std::string::npos) << lines[0];
  EXPECT_NE(lines[0].find("d.png"), std::string::npos) << lines[0];
}

TEST(TrainingPictures, AnEpochSeesEveryPictureAsOftenAsItsFolderSays) {
  const TrainingFolder folder;
  const TrainingSet set = set_of(folder.training());
  const auto first = epoch_batches(set, 1, 0);
  ASSERT_EQ(int64_t(first.size()), set.batches_per_epoch());
  std::map<int64_t, int> seen;
  for (const auto& batch : first) {
    EXPECT_LE(batch.size(), 2u);
    for (const int64_t i : batch) {
      ++seen[i];
      EXPECT_EQ(set.trained[size_t(i)].place.bucket, set.trained[size_t(batch[0])].place.bucket);
    }
  }
  EXPECT_EQ(seen, (std::map<int64_t, int>{{0, 10}, {1, 10}, {2, 2}}));
  EXPECT_EQ(epoch_batches(set, 1, 0), first);
  EXPECT_NE(epoch_batches(set, 1, 1), first);
  EXPECT_NE(epoch_batches(set, 2, 0), first);
}

TEST(TrainingPictures, WithoutBucketsAllHaveOneSize) {
  const TrainingFolder folder;
  LoraTraining told = folder.training();
  told.enable_bucket = false;
  const TrainingSet set = set_of(told);
  ASSERT_EQ(set.buckets.size(), 1u);
  EXPECT_EQ(set.trained[1].place.resized, (PixelSize{48, 32}));
  EXPECT_EQ(middle_crop(set.trained[1].place).left, 8);
}

TEST(TrainingPictures, RegularisationPicturesBecomeAsMany) {
  const TrainingFolder folder;
  folder.add("../reg/1_disc/x.png", 32, 32, {9, 9, 9}, "");
  folder.add("../reg/1_disc/y.png", 32, 32, {99, 9, 9}, "");
  LoraTraining told = folder.training();
  told.reg_data_dir = folder / "reg";
  const TrainingSet set = set_of(told);
  ASSERT_EQ(set.trained.size(), 5u);
  EXPECT_EQ(set.trained[3].repeats + set.trained[4].repeats, 22);
  EXPECT_TRUE(set.trained[4].is_regularisation);
}

TEST(TrainingPictures, ValidationPicturesAreNeverTrained) {
  const TrainingFolder folder;
  for (const char* name : {"1", "2", "3", "4", "5"})
    folder.add(std::string("10_sks disc/") + name + ".png", 32, 32, {uint8_t(name[0]), 1, 2}, "x");
  LoraTraining told = folder.training();
  told.validation_split = 0.3;
  const TrainingSet set = set_of(told);
  EXPECT_EQ(set.validation.size(), 2u);
  EXPECT_EQ(set.trained.size(), 6u);
  std::set<std::filesystem::path> files;
  for (const auto* part : {&set.trained, &set.validation})
    for (const TrainingPicture& picture : *part) files.insert(picture.file);
  EXPECT_EQ(files.size(), 8u);
  const auto chosen = set.validation[0].file;
  EXPECT_EQ(set_of(told).validation[0].file, chosen);
}

TEST(TrainingPictures, TransparentPixelsAreOnTheBackground) {
  const TrainingFolder folder;
  folder.add("1_t/t.png", 32, 32, {200, 0, 0}, "", /*alpha=*/true);
  const TrainingSet set = set_of(folder.training());
  const TrainingPicture& picture = set.trained[2];
  ASSERT_EQ(picture.folder, "1_t");
  const ScaledPicture green = scaled_picture(picture, "#00ff00");
  EXPECT_EQ(green.rgb.channels, 3);
  EXPECT_EQ(green.rgb.pixel(0, 0)[1], 255);
  EXPECT_EQ(green.rgb.pixel(16, 16)[0], 100);
  EXPECT_EQ(green.alpha.pixel(16, 16)[0], 255);
  EXPECT_EQ(green.alpha.pixel(0, 0)[0], 0);
  EXPECT_EQ(scaled_picture(picture, "none").rgb.pixel(0, 0)[0], 200);
}

TEST(TrainingPictures, AnUnreadableOneIsNamed) {
  const TrainingFolder folder;
  formats::put(folder / "pictures/10_sks disc/broken.png", "no picture at all");
  const Error error = formats::error_of([&] { set_of(folder.training()); });
  EXPECT_NE(std::string(error.what()).find("broken.png"), std::string::npos);
}

}  // namespace
}  // namespace darkroom::train
