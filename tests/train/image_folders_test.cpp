#include "train/image_folders.h"

#include <gtest/gtest.h>

#include "base/log.h"
#include "formats/png.h"
#include "formats/support.h"

namespace darkroom::train {
namespace {

namespace fs = std::filesystem;
using formats::TemporaryFolder;

void add_picture(const fs::path& path, const std::string& caption = "") {
  fs::create_directories(path.parent_path());
  formats::write_png(path, Image(2, 2, 3), {});
  if (!caption.empty()) formats::put(fs::path(path).replace_extension(".txt"), caption);
}

TEST(ImageFolders, AreReadAsKohyasToolsLayThemOut) {
  const TemporaryFolder root;
  add_picture(root / "10_sks dog" / "b.png", "\xEF\xBB\xBF  a dog, red \r\n\n second \n");
  add_picture(root / "10_sks dog" / "a.PNG");
  add_picture(root / "2_" / "c.png");
  add_picture(root / "notes" / "d.png");
  fs::create_directory(root / "5_empty");
  formats::put(root / "10_sks dog" / "readme.md", "no picture");
  formats::put(root / "10_sks dog" / "._b.png", "what a Mac leaves beside b.png");
  std::vector<std::string> lines;
  const LogSink before = set_log_sink([&](LogLevel, const std::string& line) { lines.push_back(line); });
  const auto folders = read_image_folders(root.path(), ".txt");
  set_log_sink(before);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find("10_notes"), std::string::npos);
  ASSERT_EQ(folders.size(), 2u);
  EXPECT_EQ(folders[0].repeats, 10);
  EXPECT_EQ(folders[0].class_tokens, "sks dog");
  ASSERT_EQ(folders[0].pictures.size(), 2u);
  EXPECT_EQ(folders[0].pictures[0].file.filename(), "a.PNG");
  EXPECT_EQ(folders[0].pictures[0].caption, std::vector<std::string>{"sks dog"});
  EXPECT_FALSE(folders[0].pictures[0].has_caption_file);
  EXPECT_EQ(folders[0].pictures[1].caption, (std::vector<std::string>{"a dog, red", "second"}));
  EXPECT_EQ(folders[1].pictures[0].caption, std::vector<std::string>{""}) << "no class, no caption";
  EXPECT_EQ(pictures_per_epoch(folders), 22);
}

TEST(ImageFolders, OneFolderIsEnough) {
  const TemporaryFolder root;
  add_picture(root / "3_cat" / "a.png");
  EXPECT_EQ(pictures_per_epoch(read_image_folders(root / "3_cat", ".txt")), 3);
  add_picture(root / "plain" / "a.png", "a plain picture");
  EXPECT_EQ(read_image_folders(root / "plain", ".txt")[0].pictures[0].caption[0], "a plain picture");
}

TEST(ImageFolders, PicturesThatAreLeftOutAreNamed) {
  const TemporaryFolder root;
  add_picture(root / "3_cat" / "a.png");
  formats::put(root / "3_cat" / "b.BMP", "");
  formats::put(root / "3_cat" / "c.avif", "");
  add_picture(root / "preview.png");  // beside the folders: nothing to train
  std::vector<std::string> lines;
  const LogSink before = set_log_sink([&](LogLevel, const std::string& line) { lines.push_back(line); });
  const auto folders = read_image_folders(root.path(), ".txt");
  set_log_sink(before);
  EXPECT_EQ(pictures_per_epoch(folders), 3);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_NE(lines[0].find("2 pictures"), std::string::npos) << lines[0];
  EXPECT_NE(lines[0].find("b.BMP"), std::string::npos) << lines[0];
  EXPECT_NE(lines[1].find("itself are left out"), std::string::npos) << lines[1];
}

TEST(ImageFolders, SayWhatIsWrong) {
  const TemporaryFolder root;
  const auto read = [&](const char* name) { return [&root, name] { read_image_folders(root / name, ".txt"); }; };
  formats::expect_error(ErrorKind::not_found, "no such folder", read("nowhere"));
  fs::create_directories(root / "none" / "10_x");
  formats::expect_error(ErrorKind::not_found, "none was found", read("none"));
  add_picture(root / "latin" / "1_x" / "a.png", "caf\xE9");
  formats::expect_error(ErrorKind::corrupt_file, "must be UTF-8", read("latin"));
  add_picture(root / "blank" / "1_x" / "a.png", " \n");
  formats::expect_error(ErrorKind::corrupt_file, "must have a line", read("blank"));
  add_picture(root / "zero" / "0_x" / "a.png");
  formats::expect_error(ErrorKind::invalid_request, "1 to 1000000 times", read("zero"));
  formats::expect_error(ErrorKind::invalid_request, "1 to 1000000 times", read("zero/0_x"));
  add_picture(root / "-5_x" / "a.png");
  formats::expect_error(ErrorKind::invalid_request, "1 to 1000000 times", read("-5_x"));
}

}  // namespace
}  // namespace darkroom::train
