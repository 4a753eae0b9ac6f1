// A picture of any kind: PNG, JPEG or WebP by its first bytes.
#include "formats/picture_file.h"
#include "formats/utf8.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace darkroom;
  return fuzz::run(data, size, [](auto bytes, auto) {
    const formats::PictureFile picture = formats::read_picture_bytes(bytes);
    const size_t pixels = size_t(picture.image.width) * picture.image.height;
    fuzz::check(picture.image.pixels.size() == pixels * picture.image.channels, "all pixels are there");
    for (const auto& [keyword, text] : picture.texts)
      fuzz::check(formats::is_utf8(keyword) && formats::is_utf8(text), "texts are UTF-8");
  });
}
