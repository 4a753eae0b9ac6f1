#include "generate/files_below.h"

#include <gtest/gtest.h>

#include "formats/support.h"

namespace darkroom::generate {
namespace {

namespace fs = std::filesystem;

TEST(FilesBelow, AreThoseOfTheEndingsByPath) {
  const formats::TemporaryFolder folder, elsewhere;
  fs::create_directories(folder / "b" / "c.pt");  // a folder of that name is none
  for (const char* name : {"z.pt", "b/a.safetensors", "b/a.txt", "b/c.pt/d.pt"}) formats::put(folder / name, "x");
  formats::put(elsewhere / "e.pt", "x");
  fs::create_directory_symlink(elsewhere.path(), folder / "link");
  const std::vector<fs::path> expected = {folder / "b/a.safetensors", folder / "b/c.pt/d.pt", folder / "link/e.pt",
                                          folder / "z.pt"};
  EXPECT_EQ(files_below(folder.path(), {".pt", ".safetensors"}), expected);
  EXPECT_TRUE(files_below(folder / "nowhere", {".pt"}).empty());
}

}  // namespace
}  // namespace darkroom::generate
