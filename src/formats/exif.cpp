#include "formats/exif.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "base/error.h"
#include "formats/byte_reader.h"
#include "formats/utf8.h"

namespace darkroom::formats {
namespace {

constexpr std::string_view kPrefix{"Exif\0\0", 6};
constexpr std::string_view kUnicode{"UNICODE\0", 8}, kAscii{"ASCII\0\0\0", 8}, kUndefined{"\0\0\0\0\0\0\0\0", 8};
constexpr unsigned kOrientation = 0x0112, kExifDirectory = 0x8769, kUserComment = 0x9286;
constexpr unsigned kShort = 3, kLong = 4;
constexpr size_t kEntryBytes = 12;

struct Entry {
  unsigned type = 0;
  uint32_t count = 0;
  size_t value_at = 0;  ///< where the four bytes of the value or of its place stand
};

/// A TIFF block: numbers in the byte order it states, nothing beyond its end.
class Tiff {
 public:
  explicit Tiff(std::string_view block) : block_(block), big_(block.starts_with("MM")) {}

  bool is_valid() const { return (block_.starts_with("MM") || block_.starts_with("II")) && number(2, 2) == 42; }
  bool is_big_endian() const { return big_; }

  std::optional<uint32_t> number(size_t at, size_t bytes) const {
    if (at > block_.size() || block_.size() - at < bytes) return std::nullopt;
    uint32_t value = 0;
    for (size_t i = 0; i < bytes; ++i) {
      const auto byte = static_cast<unsigned char>(block_[at + (big_ ? i : bytes - 1 - i)]);
      value = value << 8 | byte;
    }
    return value;
  }

  std::optional<Entry> entry(std::optional<uint32_t> directory, unsigned tag) const {
    const auto count = directory ? number(*directory, 2) : std::nullopt;
    for (size_t i = 0; count && i < *count; ++i) {
      const size_t at = *directory + 2 + i * kEntryBytes;
      if (!number(at, kEntryBytes - 8) || !number(at + 8, 4)) return std::nullopt;
      if (number(at, 2) == tag) return Entry{*number(at + 2, 2), *number(at + 4, 4), at + 8};
    }
    return std::nullopt;
  }

  std::optional<uint32_t> value(const std::optional<Entry>& entry) const {
    if (!entry || (entry->type != kShort && entry->type != kLong)) return std::nullopt;
    return number(entry->value_at, entry->type == kShort ? 2 : 4);
  }

  std::string_view bytes(const std::optional<Entry>& entry) const {
    if (!entry) return {};
    const size_t at = entry->count > 4 ? number(entry->value_at, 4).value_or(0) : entry->value_at;
    return at <= block_.size() && entry->count <= block_.size() - at ? block_.substr(at, entry->count)
                                                                     : std::string_view();
  }

 private:
  std::string_view block_;
  bool big_;
};

void append_utf8(std::string& out, char32_t c) {
  if (c < 0x80) {
    out += char(c);
  } else if (c < 0x800) {
    out += {char(0xC0 | c >> 6), char(0x80 | (c & 0x3F))};
  } else if (c < 0x10000) {
    out += {char(0xE0 | c >> 12), char(0x80 | (c >> 6 & 0x3F)), char(0x80 | (c & 0x3F))};
  } else {
    out += {char(0xF0 | c >> 18), char(0x80 | (c >> 12 & 0x3F)), char(0x80 | (c >> 6 & 0x3F)), char(0x80 | (c & 0x3F))};
  }
}

/// Half a surrogate pair reads as U+FFFD.
std::string utf16_to_utf8(std::string_view text, bool big) {
  const auto unit = [&](size_t i) {
    const auto first = static_cast<unsigned char>(text[i]), second = static_cast<unsigned char>(text[i + 1]);
    return char32_t(big ? first << 8 | second : second << 8 | first);
  };
  std::string out;
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    char32_t c = unit(i);
    if (c >= 0xD800 && c < 0xDC00 && i + 3 < text.size() && (unit(i + 2) & 0xFC00) == 0xDC00) {
      c = 0x10000 + ((c - 0xD800) << 10) + (unit(i + 2) - 0xDC00);
      i += 2;
    }
    append_utf8(out, c >= 0xD800 && c < 0xE000 ? 0xFFFD : c);
  }
  return out;
}

/// The standard leaves open which byte comes first, and programs differ. Text is mostly Latin, so the zeros tell.
bool high_byte_first(std::string_view text) {
  if (text.starts_with("\xFE\xFF")) return true;
  if (text.starts_with("\xFF\xFE")) return false;
  size_t even = 0, odd = 0;
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    even += text[i] == 0;
    odd += text[i + 1] == 0;
  }
  return even >= odd;
}

std::string comment_text(std::string_view bytes) {
  std::string text;
  if (bytes.starts_with(kUnicode)) {
    const std::string_view utf16 = bytes.substr(kUnicode.size());
    text = utf16_to_utf8(utf16, high_byte_first(utf16));
    if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  } else {
    const bool has_code = bytes.starts_with(kAscii) || bytes.starts_with(kUndefined);
    text = as_valid_utf8(bytes.substr(has_code ? kUndefined.size() : 0));
  }
  while (text.ends_with('\0')) text.pop_back();
  return text;
}

void append_big_endian(std::string& out, uint32_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) out += char(value >> (8 * i));
}

std::string utf8_to_utf16(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto c = first_code_point(text);
    require(c.has_value(), ErrorKind::invalid_request, "write a picture's comment: the text must be UTF-8");
    text.remove_prefix(c->bytes);
    if (c->value < 0x10000) {
      append_big_endian(out, c->value, 2);
    } else {
      append_big_endian(out, 0xD800 + ((c->value - 0x10000) >> 10), 2);
      append_big_endian(out, 0xDC00 + ((c->value - 0x10000) & 0x3FF), 2);
    }
  }
  return out;
}

void append_directory(std::string& out, unsigned tag, unsigned type, uint32_t count, uint32_t value) {
  append_big_endian(out, 1, 2);  // entries
  append_big_endian(out, tag, 2);
  append_big_endian(out, type, 2);
  append_big_endian(out, count, 4);
  append_big_endian(out, value, 4);
  append_big_endian(out, 0, 4);  // no further directory
}

}  // namespace

Exif read_exif(std::span<const std::byte> block) {
  std::string_view text = as_text(block);
  if (text.starts_with(kPrefix)) text.remove_prefix(kPrefix.size());
  const Tiff tiff(text);
  Exif exif;
  if (!tiff.is_valid()) return exif;
  const auto directory = tiff.number(4, 4);
  const uint32_t orientation = tiff.value(tiff.entry(directory, kOrientation)).value_or(1);
  if (orientation <= 8 && orientation >= 1) exif.orientation = int(orientation);
  const auto more = tiff.value(tiff.entry(directory, kExifDirectory));
  exif.comment = comment_text(tiff.bytes(tiff.entry(more, kUserComment)));
  return exif;
}

std::string exif_with_comment(std::string_view comment) {
  constexpr uint32_t kHeader = 8, kDirectory = 2 + kEntryBytes + 4;
  constexpr unsigned kUndefinedType = 7;
  const std::string bytes = std::string(kUnicode) + utf8_to_utf16(comment);
  std::string block{"MM\0\x2A\0\0\0\x08", kHeader};
  append_directory(block, kExifDirectory, kLong, 1, kHeader + kDirectory);
  append_directory(block, kUserComment, kUndefinedType, uint32_t(bytes.size()), kHeader + 2 * kDirectory);
  return block + bytes;
}

Image upright(Image image, int orientation) {
  if (orientation < 2 || orientation > 8) return image;
  const bool is_transposed = orientation >= 5;
  // Where the stored first row and first column are to be seen: from the standard's table.
  const bool from_right = orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
  const bool from_bottom = orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
  Image turned(is_transposed ? image.height : image.width, is_transposed ? image.width : image.height, image.channels);
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      int to_x = is_transposed ? y : x, to_y = is_transposed ? x : y;
      if (from_right) to_x = turned.width - 1 - to_x;
      if (from_bottom) to_y = turned.height - 1 - to_y;
      std::copy_n(image.pixel(x, y), image.channels, turned.pixel(to_x, to_y));
    }
  }
  return turned;
}

}  // namespace darkroom::formats
