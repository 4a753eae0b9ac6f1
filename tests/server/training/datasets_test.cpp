#include "server/training/datasets.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "formats/png.h"
#include "formats/support.h"

namespace darkroom::server {
namespace {

struct DatasetBench {
  formats::TemporaryFolder folder;
  Datasets datasets{folder / "sets"};
  train::PictureOptions options;

  DatasetBench() {
    options.buckets = {.resolution = {64, 64}, .least_side = 32, .most_side = 128, .step = 8};
    options.enable_bucket = true;
    datasets.add("dogs", "10_sks dog");
  }
  static std::string png(int width, int height) { return formats::encode_png(Image(width, height, 3)); }
  std::string add(const std::string& name, int width, int height) {
    return datasets.add_picture("dogs", "10_sks dog", name, png(width, height));
  }
  void caption(const std::string& picture, const std::string& text, const std::string& ending = ".txt") {
    datasets.set_caption("dogs", "10_sks dog", picture, text, ending);
  }
  DatasetFolder read() const { return datasets.folders("dogs", options).at(0); }
};

TEST(Datasets, ShowFoldersPicturesAndBuckets) {
  DatasetBench bench;
  bench.add("a.png", 64, 64);
  bench.add("b.png", 100, 70);  // 80x56 of which a bucket of 72x56 keeps nine tenths
  const DatasetFolder folder = bench.read();
  EXPECT_EQ(folder.repeats, 10);
  EXPECT_EQ(folder.class_tokens, "sks dog");
  ASSERT_EQ(folder.pictures.size(), 2u);
  EXPECT_EQ(folder.pictures[0].caption, "sks dog");
  EXPECT_FALSE(folder.pictures[0].has_caption_file);
  EXPECT_EQ(folder.pictures[0].place.bucket, (train::PixelSize{64, 64}));
  EXPECT_EQ(folder.pictures[0].crop_loss(), 0);
  EXPECT_GT(folder.pictures[1].place.bucket.width, folder.pictures[1].place.bucket.height);
  EXPECT_GT(folder.pictures[1].crop_loss(), 0);
  bench.options.enable_bucket = false;
  EXPECT_EQ(bench.read().pictures[1].place.bucket, (train::PixelSize{64, 64})) << "all to one size";
}

TEST(Datasets, CaptionsAreWrittenWholeAndTakenAway) {
  DatasetBench bench;
  bench.add("a.png", 8, 8);
  bench.caption("a.png", "a dog, on grass");
  EXPECT_EQ(bench.read().pictures[0].caption, "a dog, on grass");
  EXPECT_TRUE(bench.read().pictures[0].has_caption_file);
  EXPECT_EQ(formats::content_of(bench.folder / "sets/dogs/10_sks dog/a.txt"), "a dog, on grass\n");
  bench.caption("a.png", "  ");
  EXPECT_FALSE(bench.read().pictures[0].has_caption_file) << "the folder's class again";
  EXPECT_THROW(bench.caption("a.png", "\xff"), Error);
  EXPECT_THROW(bench.caption("a.png", std::string(70000, 'a')), Error);
  EXPECT_THROW(bench.caption("none.png", "x"), Error);
}

TEST(Datasets, NothingLeadsOutOfTheFolder) {
  DatasetBench bench;
  bench.add("a.png", 8, 8);
  formats::put(bench.folder / "secret.txt", "secret");
  for (const char* ending : {"/../../../secret.txt", "txt", "", "./x"})
    EXPECT_THROW(bench.caption("a.png", "x", ending), Error);
  EXPECT_THROW(bench.datasets.set_caption("..", "sets", "a.png", "x", ".txt"), Error);
  EXPECT_THROW(bench.datasets.path("../sets"), Error);
  EXPECT_THROW(bench.datasets.picture("dogs", "..", "secret.txt"), Error);
  EXPECT_THROW(bench.datasets.add("../x", "1_a"), Error);
  EXPECT_THROW(bench.datasets.add("x", "../1_a"), Error);
  // A caption file that links to elsewhere is not written through.
  std::filesystem::create_symlink(bench.folder / "secret.txt", bench.folder / "sets/dogs/10_sks dog/a.txt");
  EXPECT_THROW(bench.caption("a.png", "overwritten"), Error);
  EXPECT_EQ(formats::content_of(bench.folder / "secret.txt"), "secret");
}

TEST(Datasets, RefuseWhatIsNoPictureAndNoFolderOfKohyas) {
  DatasetBench bench;
  EXPECT_THROW(bench.datasets.add("dogs", "sks dog"), Error) << "how often is missing";
  EXPECT_THROW(bench.datasets.add("dogs", "0_dog"), Error);
  EXPECT_THROW(bench.datasets.add_picture("dogs", "10_sks dog", "a.png", "no picture"), Error);
  EXPECT_THROW(bench.datasets.add_picture("dogs", "10_sks dog", "a.txt", DatasetBench::png(8, 8)), Error);
  EXPECT_EQ(bench.add("a.png", 8, 8), "a.png");
  EXPECT_EQ(bench.add("a.png", 8, 8), "a-2.png") << "nothing is overwritten";
}

TEST(Datasets, NameWhatTheTrainerWouldRefuse) {
  DatasetBench bench;
  bench.add("a.png", 8, 8), bench.add("b.png", 8, 8);
  const auto folder = bench.folder / "sets/dogs/10_sks dog";
  formats::put(folder / "a.txt", "\xff\xfe");
  formats::put(folder / "b.txt", "\n \n");
  formats::put(folder / "c.png", "no picture");
  std::filesystem::create_directories(bench.folder / "sets/dogs/without number");
  const auto folders = bench.datasets.folders("dogs", bench.options);
  for (const DatasetPicture& picture : folders.at(0).pictures) EXPECT_FALSE(picture.problem.empty()) << picture.name;
  EXPECT_NE(folders.at(1).problem.find("10_without number"), std::string::npos);
}

}  // namespace
}  // namespace darkroom::server
