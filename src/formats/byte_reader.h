// A cursor over untrusted little-endian bytes. Every length is compared with the bytes left before it is used.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "base/error.h"

namespace darkroom::formats {

static_assert(std::endian::native == std::endian::little, "all our formats are read as the machine's own bytes");

using Bytes = std::span<const std::byte>;

inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline Bytes as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

/// Reads forward; throws Error{corrupt_file} at the end of the bytes, never reads beyond them.
class ByteReader {
 public:
  /// A `position` behind the end counts as the end: the first read then fails.
  explicit ByteReader(Bytes bytes, uint64_t position = 0)
      : bytes_(bytes), position_(position < bytes.size() ? size_t(position) : bytes.size()) {}

  size_t position() const { return position_; }
  size_t left() const { return bytes_.size() - position_; }

  /// The next `count` bytes, which stay where they are.
  Bytes take(uint64_t count) {
    require(count <= left(), ErrorKind::corrupt_file,
            "{} bytes are announced at byte {} but {} are left; incomplete download?", count, position_, left());
    const Bytes taken = bytes_.subspan(position_, size_t(count));
    position_ += size_t(count);
    return taken;
  }

  /// A little-endian number, e.g. number<uint32_t>().
  template <typename T>
  T number() {
    T value;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }

 private:
  Bytes bytes_;
  size_t position_;
};

}  // namespace darkroom::formats
