#include "formats/zip.h"

#include "formats/zip_builder.h"

namespace darkroom::formats {
namespace {

std::vector<ZipEntry> entries_of(const std::string& archive) {
  return read_zip(as_bytes(archive));
}

const std::vector<ZipPart> kTwo = {{.name = "a/b", .content = "first"}, {.name = "c", .content = "second one"}};

void expect_two(const std::string& archive) {
  const auto entries = entries_of(archive);
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].name, "a/b");
  EXPECT_EQ(as_text(entries[0].bytes), "first");
  EXPECT_EQ(entries[1].name, "c");
  EXPECT_EQ(as_text(entries[1].bytes), "second one");
}

TEST(Zip, ReadsStoredEntries) {
  expect_two(zip_of(kTwo));
  expect_two(zip_of(kTwo, {.comment = "made for a test"}));
  expect_two(zip_of(kTwo, {.end64 = true}));
  auto padded = kTwo;
  padded[1].local_extra = std::string(40, 'Z');
  padded[1].sizes_in_64 = true;
  expect_two(zip_of(padded, {.end64 = true}));
  EXPECT_TRUE(entries_of(zip_of({})).empty());
}

TEST(Zip, EmptyEntriesAreNoOverlap) {
  const std::string archive = zip_of({{.name = "a"}, {.name = "b"}, {.name = "c", .content = "x"}});
  ASSERT_EQ(entries_of(archive).size(), 3u);
  EXPECT_TRUE(entries_of(archive)[0].bytes.empty());
}

TEST(Zip, EveryTruncationIsAnError) {
  for (const bool end64 : {false, true}) {
    const std::string whole = zip_of(kTwo, {.end64 = end64});
    for (size_t length = 0; length < whole.size(); ++length)
      expect_error(ErrorKind::corrupt_file, "", [&] { entries_of(whole.substr(0, length)); });
  }
}

TEST(Zip, RefusesCompressedAndEncrypted) {
  auto parts = kTwo;
  parts[1].method = 8;
  expect_error(ErrorKind::unsupported, "\"c\" is compressed", [&] { entries_of(zip_of(parts)); });
  parts = kTwo;
  parts[0].flags = 1;
  expect_error(ErrorKind::unsupported, "\"a/b\" is encrypted", [&] { entries_of(zip_of(parts)); });
}

TEST(Zip, RefusesLyingEntries) {
  auto parts = kTwo;
  parts[1].claimed_bytes = 11;
  expect_error(ErrorKind::corrupt_file, "must have 11 bytes but 10", [&] { entries_of(zip_of(parts)); });
  parts = kTwo;
  parts[1].claimed_bytes = 0x7FFFFFFFFFFFFFFF;
  parts[1].sizes_in_64 = true;
  expect_error(ErrorKind::corrupt_file, "must have 9223372036854775807", [&] { entries_of(zip_of(parts)); });
  for (int64_t offset : {int64_t(1), int64_t(100'000), int64_t(0x7FFFFFFFFFFFFFFF)}) {
    parts = kTwo;
    parts[1].claimed_offset = offset;
    parts[1].sizes_in_64 = true;
    expect_error(ErrorKind::corrupt_file, "\"c\" is not at byte", [&] { entries_of(zip_of(parts)); });
  }
  parts = kTwo;
  parts[1].local_name = "d";
  expect_error(ErrorKind::corrupt_file, "\"c\" is called \"d\"", [&] { entries_of(zip_of(parts)); });
  parts = kTwo;
  parts[1].name = "a/b";
  expect_error(ErrorKind::corrupt_file, "\"a/b\" comes twice", [&] { entries_of(zip_of(parts)); });
}

TEST(Zip, RefusesOverlap) {
  // The first entry claims to reach into the second one's header.
  auto parts = kTwo;
  parts[0].claimed_bytes = 6;
  expect_error(ErrorKind::corrupt_file, "\"c\" overlaps", [&] { entries_of(zip_of(parts)); });
  // An entry hidden inside another's content.
  const std::string inner = zip_of({{.name = "in", .content = "x"}});
  parts = {{.name = "out", .content = inner}, {.name = "in", .content = "y", .claimed_offset = 33}};
  expect_error(ErrorKind::corrupt_file, "\"in\" overlaps", [&] { entries_of(zip_of(parts)); });
}

TEST(Zip, RefusesLyingDirectories) {
  for (const bool end64 : {false, true}) {
    expect_error(ErrorKind::corrupt_file, "claims bytes",
                 [&] { entries_of(zip_of(kTwo, {.end64 = end64, .directory_offset = 0x7FFFFFFF})); });
    expect_error(ErrorKind::corrupt_file, "claims bytes",
                 [&] { entries_of(zip_of(kTwo, {.end64 = end64, .directory_bytes = 0x7FFFFFFF})); });
    expect_error(ErrorKind::corrupt_file, "entries in",
                 [&] { entries_of(zip_of(kTwo, {.end64 = end64, .entries = 60000})); });
    expect_error(ErrorKind::corrupt_file, "bytes more",
                 [&] { entries_of(zip_of(kTwo, {.end64 = end64, .entries = 1})); });
    expect_error(ErrorKind::corrupt_file, "damaged",
                 [&] { entries_of(zip_of(kTwo, {.end64 = end64, .directory_offset = 0})); });
  }
}

}  // namespace
}  // namespace darkroom::formats
