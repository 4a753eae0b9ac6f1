#include "cli/output_names.h"

#include <gtest/gtest.h>

#include "formats/support.h"

namespace darkroom::cli {
namespace {

using formats::expect_error;
using formats::put;
using formats::TemporaryFolder;

TEST(OutputNames, OneFileIsThatFile) {
  EXPECT_EQ(OutputNames("a.png", 1).path(0, 42), "a.png");
  EXPECT_EQ(OutputNames("x/a.b.png", 1).path(0, 42), "x/a.b.png");
}

TEST(OutputNames, SeveralPicturesAreNumbered) {
  EXPECT_EQ(OutputNames("x/a.png", 2).path(1, 43), "x/a-00001.png");
}

TEST(OutputNames, Patterns) {
  EXPECT_EQ(OutputNames("x/%05d.png", 1).path(7, 42), "x/00007.png");
  EXPECT_EQ(OutputNames("a-%3d-b.png", 9).path(12, 42), "a-012-b.png");
  EXPECT_EQ(OutputNames("%d.png", 9).path(12, 42), "12.png");
  EXPECT_EQ(OutputNames("100%s.png", 1).path(0, 42), "100%s.png");
}

TEST(OutputNames, FoldersGoOnFromTheHighestNumber) {
  TemporaryFolder folder;
  EXPECT_EQ(OutputNames(folder.path().string(), 1).path(0, 42), folder / "00000-42.png");
  put(folder / "00007-1.png", "");
  put(folder / "notes.txt", "");
  put(folder / "99999999999999999999-1.png", "");
  EXPECT_EQ(OutputNames(folder.path().string() + "/", 2).path(1, 43), folder / "00009-43.png");
}

TEST(OutputNames, DefaultIsTheOutputsFolder) {
  EXPECT_EQ(OutputNames("", 1).path(0, 5).parent_path(), "outputs");
}

TEST(OutputNames, OnlyPictures) {
  EXPECT_EQ(OutputNames("a.jpg", 2).path(1, 43), "a-00001.jpg");
  EXPECT_EQ(OutputNames("x/%d.webp", 2).path(1, 43), "x/1.webp");
  expect_error(ErrorKind::invalid_request, "must end in .png", [] { OutputNames("a.gif", 1); });
  expect_error(ErrorKind::invalid_request, "must end in .png", [] { OutputNames("a", 1); });
}

TEST(OutputNames, WritableLeavesNothing) {
  TemporaryFolder folder;
  OutputNames((folder / "a.png").string(), 1).require_writable();
  EXPECT_EQ(folder.files(), 0u);
}

TEST(OutputNames, MakesAFolderForManyButNotForOneFile) {
  TemporaryFolder folder;
  const OutputNames many((folder / "new/%05d.png").string(), 1);
  many.require_writable();
  EXPECT_FALSE(std::filesystem::exists(folder / "new"));  // not before there is something to put into it
  EXPECT_TRUE(many.make_folder());
  EXPECT_TRUE(std::filesystem::is_directory(folder / "new"));
  EXPECT_FALSE(many.make_folder());
  expect_error(ErrorKind::io, "missing",
               [&] { OutputNames((folder / "missing/a.png").string(), 1).require_writable(); });
  EXPECT_FALSE(std::filesystem::exists(folder / "missing"));
  expect_error(ErrorKind::io, "there", [&] { OutputNames((folder / "not/there/").string(), 1).require_writable(); });
}

}  // namespace
}  // namespace darkroom::cli
