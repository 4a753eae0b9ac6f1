// First byte even: the rest is a PNG file, whose checksums are put right so that its content matters. Odd: the rest is
// the text of a picture, which must come back as it was.
#include "formats/png.h"
#include "formats/utf8.h"
#include "fuzz.h"

namespace {

using namespace darkroom;

uint32_t crc_of(std::span<const uint8_t> bytes) {
  uint32_t crc = ~0u;
  for (const uint8_t byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc & 1 ? crc >> 1 ^ 0xEDB88320u : crc >> 1;
  }
  return ~crc;
}

std::vector<uint8_t> with_checksums(std::vector<uint8_t> png) {
  size_t at = 8;
  while (at + 12 <= png.size()) {
    const size_t length = size_t(png[at]) << 24 | png[at + 1] << 16 | png[at + 2] << 8 | png[at + 3];
    if (length > png.size() - at - 12) break;
    const uint32_t crc = crc_of(std::span(png).subspan(at + 4, length + 4));
    for (int i = 0; i < 4; ++i) png[at + 8 + length + i] = uint8_t(crc >> (24 - 8 * i));
    at += 12 + length;
  }
  return png;
}

void read_picture(std::span<const std::byte> bytes, const std::shared_ptr<const void>&) {
  const formats::PngFile file = formats::read_png_bytes(bytes);
  const size_t pixels = size_t(file.image.width) * file.image.height;
  fuzz::check(file.image.pixels.size() == pixels * file.image.channels, "all pixels are there");
  for (const formats::PngText& text : file.texts)
    fuzz::check(formats::is_utf8(text.keyword) && formats::is_utf8(text.text), "texts are UTF-8");
}

void keep_text(const std::string& text) {
  const std::string png = formats::encode_png(Image(1, 1, 3), {{"parameters", text}});
  const formats::PngFile file = formats::read_png_bytes(std::as_bytes(std::span(png)));
  fuzz::check(file.texts.size() == 1 && file.texts[0].text == text, "a text comes back");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  if (data[0] % 2 == 0) {
    const std::vector<uint8_t> png = with_checksums({data + 1, data + size});
    return fuzz::run(png.data(), png.size(), read_picture);
  }
  return fuzz::run(data + 1, size - 1, [](auto bytes, auto) {
    keep_text({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  });
}
