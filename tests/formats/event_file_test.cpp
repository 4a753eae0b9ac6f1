#include "formats/event_file.h"

#include <gtest/gtest.h>

#include "formats/support.h"

namespace darkroom::formats {
namespace {

TEST(EventFile, ChecksumIsThatOfTheStandard) {
  EXPECT_EQ(crc32c("123456789"), 0xE3069283u);            // the check value of CRC-32C
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAu);  // RFC 3720, B.4
}

uint32_t number_at(const std::string& bytes, size_t place) {
  uint32_t number = 0;
  std::memcpy(&number, bytes.data() + place, sizeof number);
  return number;
}

uint32_t masked(std::string_view bytes) {
  const uint32_t crc = crc32c(bytes);
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}

TEST(EventFile, RecordsAreFramedAndHoldTheValue) {
  const TemporaryFolder folder;
  {
    EventFile file(folder / "run");
    file.add_scalar("loss/current", 0.5, 300);
  }
  const auto path = std::filesystem::directory_iterator(folder / "run")->path();
  EXPECT_TRUE(path.filename().string().starts_with("events.out.tfevents."));
  const std::string content = content_of(path);
  std::vector<std::string> events;
  for (size_t place = 0; place < content.size();) {
    const uint32_t length = number_at(content, place);
    EXPECT_EQ(number_at(content, place + 8), masked(content.substr(place, 8)));
    events.push_back(content.substr(place + 12, length));
    EXPECT_EQ(number_at(content, place + 12 + length), masked(events.back()));
    place += 16 + length;
  }
  ASSERT_EQ(events.size(), 2u);
  EXPECT_NE(events[0].find("brain.Event:2"), std::string::npos);
  // wall_time, then step 300 as varint, then summary{value{tag, simple_value}}
  const std::string value = std::string("\x0a\x0closs/current\x15", 15) + raw(0.5f);
  const std::string rest =
      std::string("\x10\xac\x02\x2a", 4) + char(value.size() + 2) + "\x0a" + char(value.size()) + value;
  EXPECT_EQ(events[1].substr(9), rest);
}

TEST(EventFile, ASecondOneDoesNotReplaceTheFirst) {
  const TemporaryFolder folder;
  EventFile first(folder.path()), second(folder.path());
  EXPECT_EQ(folder.files(), 2u);
}

}  // namespace
}  // namespace darkroom::formats
