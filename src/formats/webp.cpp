#include "formats/webp.h"

#include <webp/decode.h>
#include <webp/encode.h>
#include <webp/mux.h>

#include <memory>

#include "base/error.h"
#include "formats/byte_reader.h"

namespace darkroom::formats {
namespace {

const uint8_t* unsigned_bytes(const void* data) {
  return static_cast<const uint8_t*>(data);
}

using Mux = std::unique_ptr<WebPMux, decltype(&WebPMuxDelete)>;

Exif exif_of(Bytes file) {
  const WebPData data{unsigned_bytes(file.data()), file.size()};
  const Mux mux(WebPMuxCreate(&data, /*copy_data=*/0), WebPMuxDelete);
  WebPData chunk{};
  if (!mux || WebPMuxGetChunk(mux.get(), "EXIF", &chunk) != WEBP_MUX_OK) return {};
  return read_exif({reinterpret_cast<const std::byte*>(chunk.bytes), chunk.size});
}

WebPBitstreamFeatures features_of(Bytes file) {
  WebPBitstreamFeatures features{};
  const VP8StatusCode status = WebPGetFeatures(unsigned_bytes(file.data()), file.size(), &features);
  require(status == VP8_STATUS_OK, ErrorKind::corrupt_file,
          "not a readable WebP: its header is damaged or the file ends too early");
  require(!features.has_animation, ErrorKind::unsupported, "the WebP is an animation; save one of its pictures alone");
  require(int64_t(features.width) * features.height <= kMaxWebpPixels, ErrorKind::unsupported,
          "the picture is {} x {}: must have at most {} pixels", features.width, features.height, kMaxWebpPixels);
  return features;
}

struct Encoded {
  uint8_t* bytes = nullptr;
  size_t size = 0;
  Encoded() = default;
  ~Encoded() { WebPFree(bytes); }
  Encoded(const Encoded&) = delete;
  Encoded& operator=(const Encoded&) = delete;
};

void encode(Encoded& out, const Image& image, int quality) {
  const int stride = image.width * image.channels;
  const uint8_t* pixels = image.pixels.data();
  const bool lossless = quality == 100;
  if (image.channels == 3 && lossless)
    out.size = WebPEncodeLosslessRGB(pixels, image.width, image.height, stride, &out.bytes);
  else if (image.channels == 3)
    out.size = WebPEncodeRGB(pixels, image.width, image.height, stride, float(quality), &out.bytes);
  else if (lossless)
    out.size = WebPEncodeLosslessRGBA(pixels, image.width, image.height, stride, &out.bytes);
  else
    out.size = WebPEncodeRGBA(pixels, image.width, image.height, stride, float(quality), &out.bytes);
  require(out.size > 0, ErrorKind::internal, "write a WebP of {} x {} pixels: libwebp refused", image.width,
          image.height);
}

std::string with_exif(const Encoded& picture, const std::string& exif) {
  const WebPData data{picture.bytes, picture.size}, chunk{unsigned_bytes(exif.data()), exif.size()};
  const Mux mux(WebPMuxCreate(&data, /*copy_data=*/0), WebPMuxDelete);
  WebPData assembled{};
  const bool done = mux && WebPMuxSetChunk(mux.get(), "EXIF", &chunk, /*copy_data=*/0) == WEBP_MUX_OK &&
                    WebPMuxAssemble(mux.get(), &assembled) == WEBP_MUX_OK;
  require(done, ErrorKind::internal, "write a WebP: libwebp could not add its recipe");
  std::string file(reinterpret_cast<const char*>(assembled.bytes), assembled.size);
  WebPDataClear(&assembled);
  return file;
}

Image as_rgb(const Image& grey) {
  Image rgb(grey.width, grey.height, 3);
  for (size_t i = 0; i < rgb.pixels.size(); ++i) rgb.pixels[i] = grey.pixels[i / 3];
  return rgb;
}

}  // namespace

WebpFile read_webp_bytes(std::span<const std::byte> file) {
  const WebPBitstreamFeatures features = features_of(file);
  WebpFile result{Image(features.width, features.height, features.has_alpha ? 4 : 3), exif_of(file)};
  Image& image = result.image;
  const auto decode = features.has_alpha ? WebPDecodeRGBAInto : WebPDecodeRGBInto;
  const uint8_t* decoded = decode(unsigned_bytes(file.data()), file.size(), image.pixels.data(), image.pixels.size(),
                                  image.width * image.channels);
  require(decoded != nullptr, ErrorKind::corrupt_file,
          "not a readable WebP: its pixels are damaged or the file ends too early");
  return result;
}

std::string encode_webp(const Image& image, int quality, const std::string& comment) {
  const bool fits =
      image.width >= 1 && image.height >= 1 && image.width <= kMaxWebpSide && image.height <= kMaxWebpSide;
  require(fits, ErrorKind::invalid_request, "write a WebP of {} x {} pixels: each side must be 1 to {}", image.width,
          image.height, kMaxWebpSide);
  require(quality >= 1 && quality <= 100, ErrorKind::invalid_request, "write a WebP: quality must be 1 to 100, is {}",
          quality);
  require((image.channels == 1 || image.channels == 3 || image.channels == 4) &&
              image.pixels.size() == size_t(image.width) * image.height * image.channels,
          ErrorKind::internal, "write a WebP of {} x {} pixels, {} channels: has {} bytes of them", image.width,
          image.height, image.channels, image.pixels.size());
  Encoded encoded;
  encode(encoded, image.channels == 1 ? as_rgb(image) : image, quality);
  if (!comment.empty()) return with_exif(encoded, exif_with_comment(comment));
  return {reinterpret_cast<const char*>(encoded.bytes), encoded.size};
}

}  // namespace darkroom::formats
