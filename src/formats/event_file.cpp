#include "formats/event_file.h"

#include <unistd.h>

#include <array>
#include <bit>
#include <chrono>

#include "base/error.h"
#include "formats/utf8.h"

namespace darkroom::formats {
namespace {

double seconds_since_1970() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

template <typename Number>
void append_bytes(std::string& to, Number number) {
  static_assert(std::endian::native == std::endian::little);
  to.append(reinterpret_cast<const char*>(&number), sizeof number);
}

// Protocol buffer fields: a key of number and wire type, then the value.
void append_varint(std::string& to, uint64_t value) {
  for (; value >= 0x80; value >>= 7) to += char(value | 0x80);
  to += char(value);
}
void append_key(std::string& to, int field, int wire_type) {
  append_varint(to, uint64_t(field << 3 | wire_type));
}
void append_double(std::string& to, int field, double value) {
  append_key(to, field, 1);
  append_bytes(to, value);
}
void append_float(std::string& to, int field, float value) {
  append_key(to, field, 5);
  append_bytes(to, value);
}
void append_text(std::string& to, int field, std::string_view text) {
  append_key(to, field, 2);
  append_varint(to, text.size());
  to += text;
}

/// Event{wall_time = 1, ...}
std::string new_event() {
  std::string event;
  append_double(event, 1, seconds_since_1970());
  return event;
}

uint32_t masked_crc(std::string_view bytes) {
  const uint32_t crc = crc32c(bytes);
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 && name[0] ? name.data() : "localhost";
}

}  // namespace

uint32_t crc32c(std::string_view bytes) {
  static const std::array<uint32_t, 256> kTable = [] {
    std::array<uint32_t, 256> table{};
    for (uint32_t i = 0; i < table.size(); ++i) {
      table[i] = i;
      for (int bit = 0; bit < 8; ++bit) table[i] = (table[i] >> 1) ^ (table[i] & 1 ? 0x82F63B78u : 0);
    }
    return table;
  }();
  uint32_t crc = ~0u;
  for (const char byte : bytes) crc = (crc >> 8) ^ kTable[(crc ^ uint8_t(byte)) & 0xff];
  return ~crc;
}

EventFile::EventFile(const std::filesystem::path& folder) {
  std::error_code problem;
  std::filesystem::create_directories(folder, problem);
  const auto base =
      fmt::format("events.out.tfevents.{:010}.{}.{}", int64_t(seconds_since_1970()), host_name(), getpid());
  // Another of the same second and process must not be written over.
  for (int number = 0; path_.empty() || std::filesystem::exists(path_); ++number)
    path_ = folder / fmt::format("{}.{}", base, number);
  out_.open(path_, std::ios::binary);
  require(out_.good(), ErrorKind::io, "write TensorBoard log {}: cannot open it", in_quotes(path_.string()));
  std::string event = new_event();
  append_text(event, 3, "brain.Event:2");  // file_version: the first event says it
  add_record(event);
}

void EventFile::add_scalar(std::string_view tag, double value, int64_t step) {
  std::string one;  // Summary.Value{tag = 1, simple_value = 2}
  append_text(one, 1, tag);
  append_float(one, 2, float(value));
  std::string summary;  // Summary{value = 1}
  append_text(summary, 1, one);
  std::string event = new_event();
  append_key(event, 2, 0);  // step
  append_varint(event, uint64_t(step));
  append_text(event, 5, summary);
  add_record(event);
}

void EventFile::add_record(std::string_view event) {
  std::string length;
  append_bytes(length, uint64_t(event.size()));
  std::string record = length;
  append_bytes(record, masked_crc(length));
  record += event;
  append_bytes(record, masked_crc(event));
  out_.write(record.data(), std::streamsize(record.size())).flush();
  require(out_.good(), ErrorKind::io, "write TensorBoard log {}: cannot write; is the disk full?",
          in_quotes(path_.string()));
}

}  // namespace darkroom::formats
