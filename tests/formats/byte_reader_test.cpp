#include "formats/byte_reader.h"

#include "formats/support.h"

namespace darkroom::formats {
namespace {

TEST(ByteReader, ReadsForwardAndStopsAtTheEnd) {
  const std::string text = raw(uint16_t(258)) + "abc" + raw(int64_t(-2));
  ByteReader reader(as_bytes(text));
  EXPECT_EQ(reader.number<uint16_t>(), 258);
  EXPECT_EQ(as_text(reader.take(3)), "abc");
  EXPECT_EQ(reader.position(), 5u);
  EXPECT_EQ(reader.number<int64_t>(), -2);
  EXPECT_EQ(reader.left(), 0u);
  EXPECT_EQ(reader.take(0).data(), as_bytes(text).data() + text.size());
  expect_error(ErrorKind::corrupt_file, "1 bytes are announced at byte 13 but 0 are left", [&] { reader.take(1); });
}

TEST(ByteReader, SurvivesAnyLength) {
  const std::string text = "abcd";
  for (uint64_t count : {uint64_t(5), ~uint64_t(0), ~uint64_t(0) - 3})
    expect_error(ErrorKind::corrupt_file, "4 are left", [&] { ByteReader(as_bytes(text)).take(count); });
  EXPECT_EQ(ByteReader(as_bytes(text), ~uint64_t(0)).left(), 0u);
  expect_error(ErrorKind::corrupt_file, "0 are left", [&] { ByteReader(as_bytes(text), 9).number<uint8_t>(); });
}

}  // namespace
}  // namespace darkroom::formats
