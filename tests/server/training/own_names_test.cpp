#include "server/training/own_names.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "formats/support.h"

namespace darkroom::server {
namespace {

TEST(OwnNames, AreNamesAndNeverPaths) {
  for (const char* name : {"10_sks dog", "a", "bäume.png", "a..b", "--x"}) EXPECT_TRUE(is_plain_name(name)) << name;
  for (const char* name : {"", ".", "..", "../x", "a/b", "/etc", "a\\b", ".hidden", "a\nb", "\xff\xfe"})
    EXPECT_FALSE(is_plain_name(name)) << name;
  EXPECT_FALSE(is_plain_name(std::string("a\0b", 3)));
  EXPECT_FALSE(is_plain_name(std::string(201, 'a')));
}

TEST(OwnNames, StayInTheirFolder) {
  const formats::TemporaryFolder folder;
  std::filesystem::create_directories(folder / "sets/a");
  formats::put(folder / "sets/a/b.txt", "x");
  formats::put(folder / "secret.txt", "x");
  std::filesystem::create_directory_symlink(folder.path(), folder / "sets/out");
  std::filesystem::create_directory_symlink(folder / "sets/a", folder / "sets/in");
  EXPECT_EQ(own_path(folder / "sets", {"a", "b.txt"}, "file"), folder / "sets/a/b.txt");
  EXPECT_EQ(own_path(folder / "sets", {"in", "b.txt"}, "file"), folder / "sets/in/b.txt") << "a link that stays";
  EXPECT_THROW(own_path(folder / "sets", {"..", "secret.txt"}, "file"), Error);
  EXPECT_THROW(own_path(folder / "sets", {"a/../../secret.txt"}, "file"), Error);
  EXPECT_THROW(own_path(folder / "sets", {"out", "secret.txt"}, "file"), Error) << "a link that leads out";
  EXPECT_THROW(own_path(folder / "sets", {"none"}, "file"), Error);
}

}  // namespace
}  // namespace darkroom::server
