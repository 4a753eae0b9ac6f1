#include "generate/source_picture.h"

#include "base/error.h"
#include "formats/utf8.h"

namespace darkroom::generate {

formats::PictureFile read_source_file(const std::string& name) {
  try {
    formats::PictureFile file = formats::read_picture(name);
    const Image& image = file.image;
    const int64_t pixels = int64_t(image.width) * image.height;
    require(pixels <= kMostSourcePixels, ErrorKind::unsupported,
            "a picture to work on may have up to {} pixels, this one has {}; make it smaller first", kMostSourcePixels,
            pixels);
    return file;
  } catch (const Error& error) {
    throw error.within("read the picture " + formats::in_quotes(name));
  }
}

Image read_source_picture(const std::string& name) {
  return read_source_file(name).image;
}

}  // namespace darkroom::generate
