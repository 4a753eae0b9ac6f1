#include "formats/jpeg.h"

#include <csetjmp>
#include <cstdio>
#include <cstdlib>
// libjpeg's header needs <cstdio> first.
#include <jerror.h>
#include <jpeglib.h>

#include "base/error.h"
#include "formats/byte_reader.h"
#include "formats/utf8.h"

// libjpeg leaves a failed call by longjmp, which must not skip a destructor. So each stage that may fail is a noexcept
// function without objects of its own; everything with a destructor lives in its caller.

namespace darkroom::formats {
namespace {

constexpr int kExifMarker = JPEG_APP0 + 1;
constexpr std::string_view kExifPrefix{"Exif\0\0", 6};
// Each block of 8 x 8 pixels takes at least one bit, so a larger picture than that is a lie.
constexpr uint64_t kMostPixelsPerByte = 512;
constexpr long kMostMemory = 1L << 30;  // of libjpeg itself, which keeps progressive pictures as coefficients
constexpr int kMostScans = 200;         // each may walk over the whole picture; usual are 1 to 11

struct JpegError {
  jpeg_error_mgr manager;
  std::jmp_buf jump;
  char message[JMSG_LENGTH_MAX] = "";
};

[[noreturn]] void on_error(j_common_ptr jpeg) {
  auto* error = reinterpret_cast<JpegError*>(jpeg->err);
  jpeg->err->format_message(jpeg, error->message);
  std::longjmp(error->jump, 1);
}

/// Missing data is an error here; libjpeg would make it grey.
void on_message(j_common_ptr jpeg, int level) {
  if (level >= 0) return;
  switch (jpeg->err->msg_code) {
    case JWRN_JPEG_EOF:
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_NOT_SEQUENTIAL:
      on_error(jpeg);
    default:
      break;
  }
}

void on_progress(j_common_ptr jpeg) {
  const auto* decoder = reinterpret_cast<j_decompress_ptr>(jpeg);
  if (decoder->input_scan_number > kMostScans) ERREXIT(jpeg, JERR_BAD_PROGRESSION);
}

jpeg_error_mgr* prepared(JpegError& error) {
  jpeg_error_mgr* manager = jpeg_std_error(&error.manager);
  manager->error_exit = on_error;
  manager->emit_message = on_message;
  return manager;
}

struct Reader {
  JpegError error;
  jpeg_decompress_struct jpeg{};
  jpeg_progress_mgr progress{};

  Reader() {
    jpeg.err = prepared(error);
    progress.progress_monitor = on_progress;
  }
  ~Reader() { jpeg_destroy_decompress(&jpeg); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
};

bool read_header(Reader& reader, Bytes file) noexcept {
  if (setjmp(reader.error.jump)) return false;
  jpeg_create_decompress(&reader.jpeg);
  reader.jpeg.mem->max_memory_to_use = kMostMemory;
  jpeg_mem_src(&reader.jpeg, reinterpret_cast<const unsigned char*>(file.data()), file.size());
  jpeg_save_markers(&reader.jpeg, kExifMarker, 0xFFFF);
  jpeg_read_header(&reader.jpeg, TRUE);
  return true;
}

bool start(Reader& reader, J_COLOR_SPACE color) noexcept {
  if (setjmp(reader.error.jump)) return false;
  reader.jpeg.progress = &reader.progress;
  reader.jpeg.out_color_space = color;
  jpeg_start_decompress(&reader.jpeg);
  return true;
}

bool read_pixels(Reader& reader, uint8_t* pixels, size_t row_bytes) noexcept {
  if (setjmp(reader.error.jump)) return false;
  while (reader.jpeg.output_scanline < reader.jpeg.output_height) {
    JSAMPROW row = pixels + reader.jpeg.output_scanline * row_bytes;
    jpeg_read_scanlines(&reader.jpeg, &row, 1);
  }
  jpeg_finish_decompress(&reader.jpeg);
  return true;
}

J_COLOR_SPACE color_space(const jpeg_decompress_struct& jpeg) {
  switch (jpeg.jpeg_color_space) {
    case JCS_GRAYSCALE:
      return JCS_GRAYSCALE;
    case JCS_RGB:
    case JCS_YCbCr:
      return JCS_RGB;
    case JCS_CMYK:
    case JCS_YCCK:
      return JCS_CMYK;
    default:
      fail(ErrorKind::unsupported, "the JPEG has {} components of unknown colour; convert it to RGB",
           jpeg.num_components);
  }
}

void check_header(const jpeg_decompress_struct& jpeg, size_t file_bytes) {
  require(jpeg.image_width <= kMaxJpegSide && jpeg.image_height <= kMaxJpegSide, ErrorKind::unsupported,
          "the picture is {} x {}: must be at most {} on each side", jpeg.image_width, jpeg.image_height, kMaxJpegSide);
  require(!jpeg.arith_code, ErrorKind::unsupported, "the JPEG is arithmetically coded, which is not read; convert it");
  require(uint64_t(jpeg.image_width) * jpeg.image_height / kMostPixelsPerByte <= file_bytes, ErrorKind::corrupt_file,
          "the picture claims {} x {} pixels, more than {} bytes can hold", jpeg.image_width, jpeg.image_height,
          file_bytes);
}

Exif exif_of(const jpeg_decompress_struct& jpeg) {
  for (auto* marker = jpeg.marker_list; marker; marker = marker->next) {
    const Bytes bytes(reinterpret_cast<const std::byte*>(marker->data), marker->data_length);
    if (marker->marker == kExifMarker && as_text(bytes).starts_with(kExifPrefix)) return read_exif(bytes);
  }
  return {};
}

/// Programs from Adobe store CMYK inverted, and say so by a marker of theirs.
Image rgb_of_cmyk(const Image& cmyk, bool is_inverted) {
  Image rgb(cmyk.width, cmyk.height, 3);
  for (size_t i = 0; i < cmyk.pixels.size() / 4; ++i) {
    for (size_t c = 0; c < 3; ++c) {
      const int ink = cmyk.pixels[4 * i + c], black = cmyk.pixels[4 * i + 3];
      const int light = is_inverted ? ink * black : (255 - ink) * (255 - black);
      rgb.pixels[3 * i + c] = uint8_t((light + 127) / 255);
    }
  }
  return rgb;
}

struct Writer {
  JpegError error;
  jpeg_compress_struct jpeg{};
  unsigned char* encoded = nullptr;
  unsigned long bytes = 0;

  Writer() { jpeg.err = prepared(error); }
  ~Writer() {
    jpeg_destroy_compress(&jpeg);
    std::free(encoded);
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
};

bool write_all(Writer& writer, const Image& image, int quality, const std::string& exif) noexcept {
  if (setjmp(writer.error.jump)) return false;
  jpeg_compress_struct& jpeg = writer.jpeg;
  jpeg_create_compress(&jpeg);
  jpeg_mem_dest(&jpeg, &writer.encoded, &writer.bytes);
  jpeg.image_width = JDIMENSION(image.width);
  jpeg.image_height = JDIMENSION(image.height);
  jpeg.input_components = image.channels;
  jpeg.in_color_space = image.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, quality, TRUE);
  jpeg_start_compress(&jpeg, TRUE);
  if (!exif.empty())
    jpeg_write_marker(&jpeg, kExifMarker, reinterpret_cast<const JOCTET*>(exif.data()), unsigned(exif.size()));
  while (jpeg.next_scanline < jpeg.image_height) {
    auto* row = const_cast<JSAMPROW>(image.pixel(0, int(jpeg.next_scanline)));
    jpeg_write_scanlines(&jpeg, &row, 1);
  }
  jpeg_finish_compress(&jpeg);
  return true;
}

}  // namespace

JpegFile read_jpeg_bytes(std::span<const std::byte> file) {
  Reader reader;
  const auto check = [&](bool succeeded) {
    require(succeeded, ErrorKind::corrupt_file, "not a readable JPEG: {}", reader.error.message);
  };
  check(read_header(reader, file));
  check_header(reader.jpeg, file.size());
  check(start(reader, color_space(reader.jpeg)));
  const int width = int(reader.jpeg.output_width), height = int(reader.jpeg.output_height);
  JpegFile result{Image(width, height, reader.jpeg.output_components), exif_of(reader.jpeg)};
  check(read_pixels(reader, result.image.pixels.data(), size_t(width) * result.image.channels));
  if (result.image.channels == 4) result.image = rgb_of_cmyk(result.image, reader.jpeg.saw_Adobe_marker);
  return result;
}

std::string encode_jpeg(const Image& image, int quality, const std::string& comment) {
  const bool fits =
      image.width >= 1 && image.height >= 1 && image.width <= kMaxJpegSide && image.height <= kMaxJpegSide;
  require(fits, ErrorKind::invalid_request, "write a JPEG of {} x {} pixels: each side must be 1 to {}", image.width,
          image.height, kMaxJpegSide);
  require(quality >= 1 && quality <= 100, ErrorKind::invalid_request, "write a JPEG: quality must be 1 to 100, is {}",
          quality);
  require((image.channels == 1 || image.channels == 3) &&
              image.pixels.size() == size_t(image.width) * image.height * image.channels,
          ErrorKind::internal, "write a JPEG of {} x {} pixels, {} channels: has {} bytes of them", image.width,
          image.height, image.channels, image.pixels.size());
  const std::string exif = comment.empty() ? "" : std::string(kExifPrefix) + exif_with_comment(comment);
  require(exif.size() <= 2 * kMaxJpegComment + 64, ErrorKind::invalid_request,
          "write a JPEG: its recipe must be at most {} characters, has {} bytes; PNG and WebP hold longer ones",
          kMaxJpegComment, comment.size());
  Writer writer;
  require(write_all(writer, image, quality, exif), ErrorKind::internal, "write a JPEG: {}", writer.error.message);
  return {reinterpret_cast<const char*>(writer.encoded), writer.bytes};
}

}  // namespace darkroom::formats
