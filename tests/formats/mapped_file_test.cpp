#include "formats/mapped_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include "formats/support.h"

namespace darkroom::formats {
namespace {

TEST(MappedFile, OwnerOutlivesFileObjectAndName) {
  const TemporaryFolder folder;
  put(folder / "a", "some bytes");
  MappedFile file = map_file(folder / "a");
  const auto bytes = file.bytes;
  const std::shared_ptr<const void> owner = file.owner;
  file = {};
  std::filesystem::remove(folder / "a");
  EXPECT_EQ(as_text(bytes), "some bytes");
}

TEST(MappedFile, SaysWhatIsWrong) {
  const TemporaryFolder folder;
  put(folder / "empty", "");
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  expect_error(ErrorKind::not_found, "no such file", [&] { map_file(folder / "missing"); });
  expect_error(ErrorKind::not_found, "no such file", [&] { map_file(folder / "empty/below"); });
  expect_error(ErrorKind::invalid_request, "is a folder", [&] { map_file(folder.path()); });
  expect_error(ErrorKind::invalid_request, "something else", [&] { map_file(folder / "pipe"); });
  expect_error(ErrorKind::corrupt_file, "empty", [&] { map_file(folder / "empty"); });
}

/// Root may read everything; while this lives, the test is nobody.
class WithoutRoot {
 public:
  WithoutRoot() {
    if (was_root_) become(kNobody);
  }
  ~WithoutRoot() {
    if (was_root_) become(0);
  }

 private:
  static void become(uid_t user) { EXPECT_EQ(::seteuid(user), 0); }
  static constexpr uid_t kNobody = 65534;
  const bool was_root_ = ::geteuid() == 0;
};

TEST(MappedFile, SaysWhenPermissionIsMissing) {
  const TemporaryFolder folder;
  std::filesystem::permissions(folder.path(), std::filesystem::perms::all);
  put(folder / "secret", "x");
  std::filesystem::permissions(folder / "secret", std::filesystem::perms::none);
  const WithoutRoot nobody;
  expect_error(ErrorKind::io, "Permission denied", [&] { map_file(folder / "secret"); });
}

TEST(ReadTextFile, ReadsUpToItsLimit) {
  const TemporaryFolder folder;
  put(folder / "a", "12345");
  put(folder / "empty", "");
  EXPECT_EQ(read_text_file(folder / "a", 5), "12345");
  EXPECT_EQ(read_text_file(folder / "empty", 5), "");
  expect_error(ErrorKind::invalid_request, "at most 4 bytes, has 5", [&] { read_text_file(folder / "a", 4); });
  expect_error(ErrorKind::not_found, "no such file", [&] { read_text_file(folder / "b", 4); });
}

}  // namespace
}  // namespace darkroom::formats
