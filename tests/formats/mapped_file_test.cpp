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

TEST(MappedFile, KnowsWhetherItWasWrittenInPlace) {
  const TemporaryFolder folder;
  const auto path = folder / "a";
  put(path, "some bytes");
  const MappedFile file = map_file(path);
  const std::byte* middle = file.bytes.data() + 4;
  ASSERT_TRUE(mapped_at(middle).has_value());
  EXPECT_EQ(mapped_at(middle)->path, path);
  EXPECT_FALSE(mapped_at(middle)->was_written);
  EXPECT_FALSE(mapped_at(file.bytes.data() + file.bytes.size()).has_value()) << "beyond its end";
  EXPECT_FALSE(mapped_at(&folder).has_value()) << "other memory";

  const auto before = std::filesystem::last_write_time(path);
  std::filesystem::resize_file(path, 3);  // shortened
  EXPECT_TRUE(mapped_at(middle)->was_written);
  std::filesystem::resize_file(path, 10);
  std::filesystem::last_write_time(path, before + std::chrono::seconds(2));  // the size it had, other bytes
  EXPECT_TRUE(mapped_at(middle)->was_written);
  std::filesystem::last_write_time(path, before);
  EXPECT_FALSE(mapped_at(middle)->was_written);

  put(folder / "b", "other bytes, which have another length");
  std::filesystem::rename(folder / "b", path);
  EXPECT_FALSE(mapped_at(middle)->was_written) << "what is mapped is still what it was";
  std::filesystem::remove(path);
  EXPECT_FALSE(mapped_at(middle)->was_written);
}

TEST(MappedFile, PagesThatWereLetGoComeBack) {
  const TemporaryFolder folder;
  std::string text(1 << 20, 'x');
  for (size_t i = 0; i < text.size(); i += 4096) text[i] = char('a' + i / 4096 % 26);
  put(folder / "a", text);
  const MappedFile file = map_file(folder / "a");
  const auto resident = [&] {
    int64_t shared = 0, total = 0;
    std::ifstream("/proc/self/statm") >> total >> total >> shared;  // the third: pages of files
    return shared * ::sysconf(_SC_PAGESIZE);
  };
  EXPECT_EQ(as_text(file.bytes), text);
  const int64_t before = resident();
  let_go_of_pages(file.bytes.subspan(100, file.bytes.size() - 200));
  EXPECT_LE(resident(), before - (1 << 20) + 3 * 4096);
  EXPECT_EQ(as_text(file.bytes), text);

  std::string own(64 << 10, 'y');  // not ours to let go
  let_go_of_pages(std::as_bytes(std::span(own)));
  EXPECT_EQ(own, std::string(64 << 10, 'y'));
  let_go_of_pages({});
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
