#include "train/caption_metadata.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "train/dataset_config.h"
#include "train/training_folder.h"

namespace darkroom::train {
namespace {

using Lines = std::vector<std::string>;

/// Two pictures in one folder; no text files count.
class Pictures {
 public:
  Pictures() {
    files_.add("a.png", 32, 32, {255, 0, 0}, "");
    files_.add("b.png", 32, 32, {0, 0, 255}, "");
  }
  std::filesystem::path folder() const { return files_ / "pictures"; }
  std::filesystem::path put(const std::string& name, const std::string& content) const {
    formats::put(files_ / name, content);
    return files_ / name;
  }
  ImageFolder read(const std::filesystem::path& file, const CaptionRules& rules = {}) const {
    return read_caption_metadata(file, folder(), 3, rules);
  }
  ErrorKind problem(const std::string& content, const std::string& name = "bad.json") const {
    const auto file = put(name, content);
    return formats::error_of([&] { read(file); }).kind();
  }
  const TrainingFolder& files() const { return files_; }

 private:
  TrainingFolder files_;
};

// sd-scripts: caption, separator, tags; of several lines the first is read unless wildcards let one be drawn.
TEST(CaptionMetadata, ACaptionIsFollowedByItsTags) {
  const Pictures pictures;
  const auto file = pictures.put("meta.json", R"({
    "b": {"caption": "two\nlines", "tags": "blue, dark"},
    "a.png": {"caption": "a red disc"}})");
  const ImageFolder folder = pictures.read(file);
  ASSERT_EQ(folder.pictures.size(), 2u);
  EXPECT_EQ(folder.repeats, 3);
  EXPECT_EQ(folder.pictures[0].file, pictures.folder() / "a.png");
  EXPECT_EQ(folder.pictures[0].caption, Lines{"a red disc"});
  EXPECT_EQ(folder.pictures[1].file, pictures.folder() / "b.png");
  EXPECT_EQ(folder.pictures[1].caption, (Lines{"two", "lines,blue, dark"}));
  EXPECT_EQ(pictures.read(file, {.wildcards = true}).pictures[1].caption,
            (Lines{"two,blue, dark", "lines,blue, dark"}));
}

TEST(CaptionMetadata, TagsAloneAreACaptionAndNothingIsNone) {
  const Pictures pictures;
  const auto file = pictures.put("meta.json", R"({"a": {"tags": "red"}, "b": {"caption": null}})");
  EXPECT_EQ(pictures.read(file).pictures[0].caption, Lines{"red"});
  EXPECT_EQ(pictures.read(file).pictures[1].caption, Lines{""});
}

TEST(CaptionMetadata, LinesOfJsonHaveWholePaths) {
  const Pictures pictures;
  const std::string whole = (pictures.folder() / "a.png").string();
  const auto file = pictures.put(
      "meta.jsonl", "{\"image_path\": \"" + whole + "\", \"caption\": \"red\", \"image_size\": [32, 32]}\n\n");
  const ImageFolder folder = read_caption_metadata(file, {}, 1, {});
  ASSERT_EQ(folder.pictures.size(), 1u);
  EXPECT_EQ(folder.pictures[0].file, whole);
}

TEST(CaptionMetadata, WhatIsNoneIsRefused) {
  const Pictures pictures;
  for (const char* bad : {"", "{", "[]", "3", R"({"a": "red"})", R"({"a": {"caption": 3}})",
                          R"({"a": {"tags": ["x"]}})", "{\"a\": {\"caption\": \"\xff\"}}"})
    EXPECT_EQ(pictures.problem(bad), ErrorKind::corrupt_file) << bad;
  for (const char* bad : {"{", R"({"caption": "x"})", R"({"image_path": 3})", "[]"})
    EXPECT_EQ(pictures.problem(bad, "bad.jsonl"), ErrorKind::corrupt_file) << bad;
  EXPECT_EQ(pictures.problem("{}"), ErrorKind::not_found);
  EXPECT_EQ(pictures.problem(R"({"c": {"caption": "x"}})"), ErrorKind::not_found);
  const auto file = pictures.put("meta.json", R"({"a": {"caption": "x"}})");
  EXPECT_EQ(formats::error_of([&] { read_caption_metadata(file, {}, 1, {}); }).kind(), ErrorKind::invalid_request);
  EXPECT_EQ(formats::error_of([&] { read_caption_metadata(file, pictures.folder(), 0, {}); }).kind(),
            ErrorKind::invalid_request);
}

TEST(CaptionMetadata, OfARunAndOfASubset) {
  const Pictures pictures;
  LoraTraining told = pictures.files().training();
  told.in_json = pictures.put("meta.json", R"({"a": {"caption": "a red disc"}})");
  told.dataset_repeats = 5;
  const auto of_run = training_datasets(settled(told));
  EXPECT_EQ(of_run[0].subsets[0].folders[0].repeats, 5);
  EXPECT_EQ(of_run[0].subsets[0].folders[0].pictures[0].caption, Lines{"a red disc"});

  LoraTraining by_config = pictures.files().training();
  by_config.train_data_dir.clear();
  by_config.dataset_config = pictures.put("data.toml", R"(
[[datasets]]
resolution = 32
  [[datasets.subsets]]
  image_dir = "pictures"
  metadata_file = "meta.json"
  num_repeats = 2
)");
  const auto of_subset = training_datasets(settled(by_config));
  EXPECT_EQ(of_subset[0].subsets[0].folders[0].repeats, 2);
  EXPECT_EQ(of_subset[0].subsets[0].folders[0].pictures[0].caption, Lines{"a red disc"});
}

}  // namespace
}  // namespace darkroom::train
