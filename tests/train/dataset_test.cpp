#include "train/dataset.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "train/tiny_dataset.h"

namespace darkroom::train {
namespace {

TEST(Dataset, TakesTrainingPicturesAndAllCutouts) {
  const TinyDataset data;
  const Dataset dataset = read_dataset(data.folder());
  EXPECT_EQ(dataset.size, 32);
  ASSERT_EQ(dataset.pictures.size(), 2u);
  EXPECT_EQ(dataset.pictures[0].captions, (std::vector<std::string>{"a red disc", "red disc"}));
  EXPECT_EQ(dataset.pictures[0].repeats, 2);
  ASSERT_EQ(dataset.cutouts.size(), 3u);
  EXPECT_TRUE(dataset.cutouts[2].is_validation);
}

TEST(Dataset, WithoutAManifestSaysHowToMakeOne) {
  try {
    read_dataset("/nowhere");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::not_found);
    EXPECT_NE(std::string(error.what()).find("make_dataset"), std::string::npos);
  }
}

TEST(Dataset, BrokenManifestsAreCorruptFiles) {
  for (const char* manifest :
       {"", "{", "[]", R"({"size": 30, "images": [], "cutouts": []})",
        R"({"size": 32, "images": [{"file": "a.png", "split": "train"}], "cutouts": []})",
        R"({"size": 32, "images": [{"file": "a.png", "captions": [], "split": "train"}], "cutouts": []})"}) {
    const TinyDataset data;
    data.add_file("manifest.json", manifest);
    try {
      read_dataset(data.folder());
      ADD_FAILURE() << "accepted " << manifest;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::corrupt_file) << manifest;
    }
  }
}

TEST(Dataset, PicturesMustHaveTheStatedForm) {
  const TinyDataset data;
  EXPECT_EQ(read_picture(data.folder() / "c.png", 32, 4).channels, 4);
  EXPECT_THROW(read_picture(data.folder() / "c.png", 32, 3), Error);
  EXPECT_THROW(read_picture(data.folder() / "c.png", 64, 4), Error);
}

}  // namespace
}  // namespace darkroom::train
