#include "formats/atomic_file.h"

#include <signal.h>
#include <sys/resource.h>

#include "formats/support.h"

namespace darkroom::formats {
namespace {

TEST(AtomicFile, AppearsWithCommit) {
  const TemporaryFolder folder;
  AtomicFile file(folder / "a.txt");
  file.write("half");
  EXPECT_FALSE(std::filesystem::exists(folder / "a.txt"));
  file.write(" and half");
  file.commit();
  EXPECT_EQ(content_of(folder / "a.txt"), "half and half");
  EXPECT_EQ(folder.files(), 1u);
}

TEST(AtomicFile, LeavesTheOldFileWithoutCommit) {
  const TemporaryFolder folder;
  put(folder / "a.txt", "old");
  {
    AtomicFile file(folder / "a.txt");
    file.write("new");
  }
  EXPECT_EQ(content_of(folder / "a.txt"), "old");
  EXPECT_EQ(folder.files(), 1u);
}

TEST(AtomicFile, ReplacesAndFollowsLinks) {
  const TemporaryFolder folder;
  put(folder / "a.txt", "old");
  std::filesystem::create_symlink("a.txt", folder / "link");
  write_file(folder / "link", "new");
  EXPECT_EQ(content_of(folder / "a.txt"), "new");
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
}

TEST(AtomicFile, RefusesUnwritablePlaces) {
  const TemporaryFolder folder;
  expect_error(ErrorKind::io, "does not exist; create it first", [&] { write_file(folder / "no/a.txt", "x"); });
  expect_error(ErrorKind::invalid_request, "is a folder or a device", [&] { write_file(folder.path(), "x"); });
  expect_error(ErrorKind::invalid_request, "is a folder or a device", [&] { write_file("/dev/null", "x"); });
  expect_error(ErrorKind::invalid_request, "without a name", [&] { write_file(folder / "new/", "x"); });
  expect_error(ErrorKind::io, "/proc/a.txt", [&] { write_file("/proc/a.txt", "x"); });
  EXPECT_EQ(folder.files(), 0u);
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
}

TEST(AtomicFile, SaysWhatAFullDiskLacks) {
  const TemporaryFolder folder;
  const uint64_t too_much = uint64_t(1) << 60;
  const Error error = error_of([&] { AtomicFile file(folder / "a.txt", too_much); });
  EXPECT_EQ(int(error.kind()), int(ErrorKind::io));
  EXPECT_NE(std::string(error.what()).find("1152921504606846976 bytes are needed"), std::string::npos) << error.what();
  EXPECT_EQ(folder.files(), 0u);
}

TEST(AtomicFile, LeavesNothingWhenWritingFails) {
  const TemporaryFolder folder;
  // A limit on file sizes fails a write half-way, as a full disk does.
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small{1000, before.rlim_max};
  const auto handler = ::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const Error error = error_of([&] { write_file(folder / "a.txt", std::string(5000, 'x')); });
  setrlimit(RLIMIT_FSIZE, &before);
  ::signal(SIGXFSZ, handler);
  EXPECT_EQ(int(error.kind()), int(ErrorKind::io)) << error.what();
  EXPECT_NE(std::string(error.what()).find("a.txt"), std::string::npos);
  EXPECT_EQ(folder.files(), 0u);
}

}  // namespace
}  // namespace darkroom::formats
