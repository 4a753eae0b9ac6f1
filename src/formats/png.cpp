#include "formats/png.h"

#include <png.h>

#include <csetjmp>
#include <cstring>
#include <optional>

#include "base/error.h"
#include "formats/atomic_file.h"
#include "formats/byte_reader.h"
#include "formats/mapped_file.h"
#include "formats/utf8.h"

// libpng leaves a failed call by longjmp, which must not skip a destructor. So each stage that may fail is a noexcept
// function without objects of its own; everything with a destructor lives in its caller.

namespace darkroom::formats {
namespace {

constexpr size_t kMaxTextBytes = 4 << 20;  // one chunk, unpacked; an infotext has a few kB
constexpr int kMaxTextChunks = 64;
// Deflate shrinks to 1/1032 at best (258 bytes in 2 bits), so a larger picture than that is a lie.
constexpr uint64_t kBestCompression = 1032;

struct PngError {
  char message[128] = "";
};

void on_error(png_structp png, png_const_charp message) {
  auto* error = static_cast<PngError*>(png_get_error_ptr(png));
  std::strncpy(error->message, message, sizeof error->message - 1);
  png_longjmp(png, 1);
}

void on_warning(png_structp, png_const_charp) {}

struct Reader {
  PngError error;
  Bytes left;
  png_structp png = nullptr;
  png_infop info = nullptr;

  explicit Reader(Bytes file) : left(file) {
    png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &error, on_error, on_warning);
    if (png) info = png_create_info_struct(png);
    require(info != nullptr, ErrorKind::out_of_memory, "libpng has no memory to start");
  }
  ~Reader() { png_destroy_read_struct(&png, &info, nullptr); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
};

void read_some(png_structp png, png_bytep to, size_t bytes) {
  auto* left = static_cast<Bytes*>(png_get_io_ptr(png));
  if (bytes > left->size()) png_error(png, "the file ends too early; incomplete download?");
  std::memcpy(to, left->data(), bytes);
  *left = left->subspan(bytes);
}

bool read_header(Reader& reader) noexcept {
  if (setjmp(png_jmpbuf(reader.png))) return false;
  png_set_read_fn(reader.png, &reader.left, read_some);
  // Our own check of the sides follows; libpng's would name no number.
  png_set_user_limits(reader.png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_set_chunk_malloc_max(reader.png, kMaxTextBytes);
  png_set_chunk_cache_max(reader.png, kMaxTextChunks);
  png_read_info(reader.png, reader.info);
  return true;
}

bool request_eight_bits(Reader& reader) noexcept {
  if (setjmp(png_jmpbuf(reader.png))) return false;
  const png_byte color = png_get_color_type(reader.png, reader.info);
  const bool transparent = png_get_valid(reader.png, reader.info, PNG_INFO_tRNS) != 0;
  png_set_scale_16(reader.png);
  png_set_expand(reader.png);
  if (!(color & PNG_COLOR_MASK_COLOR) && (transparent || (color & PNG_COLOR_MASK_ALPHA)))
    png_set_gray_to_rgb(reader.png);
  png_set_interlace_handling(reader.png);
  png_read_update_info(reader.png, reader.info);
  return true;
}

bool read_pixels(Reader& reader, png_bytep* rows) noexcept {
  if (setjmp(png_jmpbuf(reader.png))) return false;
  png_read_image(reader.png, rows);
  png_read_end(reader.png, reader.info);
  return true;
}

/// libpng allocates what a chunk claims before it reads it, and only warns where that exceeds its limits.
void check_chunk_lengths(Bytes file) {
  constexpr size_t kSignature = 8, kAround = 12;  // length, type and checksum around a chunk's data
  for (size_t at = kSignature; at + kAround <= file.size();) {
    const auto byte = [&](size_t i) { return uint64_t(file[at + i]); };
    const uint64_t length = byte(0) << 24 | byte(1) << 16 | byte(2) << 8 | byte(3);
    const uint64_t room = file.size() - at - kAround;
    require(length <= room, ErrorKind::corrupt_file,
            "not a readable PNG: the chunk at byte {} claims {} bytes, but {} are left; the file ends too early, "
            "incomplete download?",
            at, length, room);
    if (as_text(file.subspan(at + 4, 4)) == "IEND") return;
    at += kAround + size_t(length);
  }
}

void check_size(uint32_t width, uint32_t height, uint64_t row_bytes, size_t file_bytes) {
  require(width <= kMaxPngSide && height <= kMaxPngSide, ErrorKind::unsupported,
          "the picture is {} x {}: must be at most {} on each side", width, height, kMaxPngSide);
  require(height * row_bytes / kBestCompression <= file_bytes, ErrorKind::corrupt_file,
          "the picture claims {} x {} pixels, more than {} bytes can hold", width, height, file_bytes);
}

std::vector<PngText> texts_of(const Reader& reader) {
  png_textp chunks = nullptr;
  int count = 0;
  png_get_text(reader.png, reader.info, &chunks, &count);
  std::vector<PngText> texts;
  for (int i = 0; i < count; ++i) {
    const bool international = chunks[i].compression >= PNG_ITXT_COMPRESSION_NONE;
    const size_t bytes = international ? chunks[i].itxt_length : chunks[i].text_length;
    const std::string_view text(chunks[i].text ? chunks[i].text : "", chunks[i].text ? bytes : 0);
    texts.push_back({latin1_to_utf8(chunks[i].key), international ? as_valid_utf8(text) : latin1_to_utf8(text)});
  }
  return texts;
}

std::vector<png_bytep> row_pointers(Image& image) {
  std::vector<png_bytep> rows(image.height);
  for (int y = 0; y < image.height; ++y) rows[y] = image.pixel(0, y);
  return rows;
}

struct Writer {
  PngError error;
  std::string encoded;
  png_structp png = nullptr;
  png_infop info = nullptr;

  Writer() {
    png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &error, on_error, on_warning);
    if (png) info = png_create_info_struct(png);
    require(info != nullptr, ErrorKind::out_of_memory, "libpng has no memory to start");
  }
  ~Writer() { png_destroy_write_struct(&png, &info); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
};

bool appended(std::string& out, png_const_bytep from, size_t bytes) noexcept {
  try {
    out.append(reinterpret_cast<const char*>(from), bytes);
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

void write_some(png_structp png, png_bytep from, size_t bytes) {
  if (!appended(*static_cast<std::string*>(png_get_io_ptr(png)), from, bytes)) png_error(png, "out of memory");
}

void flush_nothing(png_structp) {}

bool write_all(Writer& writer, const Image& image, png_textp texts, int text_count) noexcept {
  if (setjmp(png_jmpbuf(writer.png))) return false;
  png_set_write_fn(writer.png, &writer.encoded, write_some, flush_nothing);
  png_set_user_limits(writer.png, kMaxPngSide, kMaxPngSide);
  const int color = image.channels == 1   ? PNG_COLOR_TYPE_GRAY
                    : image.channels == 3 ? PNG_COLOR_TYPE_RGB
                                          : PNG_COLOR_TYPE_RGB_ALPHA;
  png_set_IHDR(writer.png, writer.info, image.width, image.height, 8, color, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  if (text_count > 0) png_set_text(writer.png, writer.info, texts, text_count);
  png_write_info(writer.png, writer.info);
  for (int y = 0; y < image.height; ++y) png_write_row(writer.png, image.pixel(0, y));
  png_write_end(writer.png, nullptr);
  return true;
}

std::string latin1_keyword(const std::string& keyword) {
  const auto latin1 = utf8_to_latin1(keyword);
  bool allowed = latin1 && !latin1->empty() && latin1->size() <= 79 && latin1->front() != ' ' &&
                 latin1->back() != ' ' && latin1->find("  ") == std::string::npos;
  for (size_t i = 0; allowed && i < latin1->size(); ++i) {
    const auto c = static_cast<unsigned char>((*latin1)[i]);
    allowed = (c >= 0x20 && c <= 0x7E) || c >= 0xA1;
  }
  require(allowed, ErrorKind::invalid_request,
          "PNG keyword {}: must be 1 to 79 printable Latin-1 characters without outer or double spaces",
          in_quotes(keyword));
  return *latin1;
}

/// The text as tEXt stores it; nothing if it needs iTXt. The controls U+0080..U+009F are no characters of tEXt.
std::optional<std::string> plain_text(const std::string& text) {
  auto latin1 = utf8_to_latin1(text);
  if (latin1)
    for (char c : *latin1)
      if ((c & 0xE0) == 0x80) return std::nullopt;
  return latin1;
}

}  // namespace

PngFile read_png_bytes(std::span<const std::byte> file) {
  Reader reader(file);
  const auto check = [&](bool succeeded) {
    require(succeeded, ErrorKind::corrupt_file, "not a readable PNG: {}", reader.error.message);
  };
  check_chunk_lengths(file);
  check(read_header(reader));
  const uint32_t width = png_get_image_width(reader.png, reader.info);
  const uint32_t height = png_get_image_height(reader.png, reader.info);
  check_size(width, height, png_get_rowbytes(reader.png, reader.info), file.size());
  check(request_eight_bits(reader));

  PngFile result;
  result.image = Image(int(width), int(height), png_get_channels(reader.png, reader.info));
  require(png_get_rowbytes(reader.png, reader.info) == size_t(width) * result.image.channels, ErrorKind::internal,
          "libpng announces rows of {} bytes for {} pixels", png_get_rowbytes(reader.png, reader.info), width);
  std::vector<png_bytep> rows = row_pointers(result.image);
  check(read_pixels(reader, rows.data()));
  result.texts = texts_of(reader);
  return result;
}

PngFile read_png(const std::filesystem::path& path) {
  const MappedFile file = map_file(path);
  try {
    return read_png_bytes(file.bytes);
  } catch (const Error& error) {
    throw error.within(fmt::format("read \"{}\"", path.string()));
  }
}

std::string encode_png(const Image& image, const std::vector<PngText>& texts) {
  const bool fits = image.width >= 1 && image.height >= 1 && image.width <= kMaxPngSide && image.height <= kMaxPngSide;
  require(fits, ErrorKind::invalid_request, "write a PNG of {} x {} pixels: each side must be 1 to {}", image.width,
          image.height, kMaxPngSide);
  require((image.channels == 1 || image.channels == 3 || image.channels == 4) &&
              image.pixels.size() == size_t(image.width) * image.height * image.channels,
          ErrorKind::internal, "write a PNG of {} x {} pixels, {} channels: has {} bytes of them", image.width,
          image.height, image.channels, image.pixels.size());
  std::vector<std::string> kept;
  kept.reserve(2 * texts.size());
  std::vector<png_text> chunks;
  for (const PngText& text : texts) {
    require(is_utf8(text.text) && text.text.find('\0') == std::string::npos, ErrorKind::invalid_request,
            "PNG text {}: must be UTF-8 without zero bytes", in_quotes(text.keyword));
    const auto latin1 = plain_text(text.text);
    png_text chunk{};
    chunk.compression = latin1 ? PNG_TEXT_COMPRESSION_NONE : PNG_ITXT_COMPRESSION_NONE;
    chunk.key = kept.emplace_back(latin1_keyword(text.keyword)).data();
    chunk.text = kept.emplace_back(latin1.value_or(text.text)).data();
    chunks.push_back(chunk);
  }
  Writer writer;
  require(write_all(writer, image, chunks.data(), int(chunks.size())), ErrorKind::internal, "write a PNG: {}",
          writer.error.message);
  return std::move(writer.encoded);
}

void write_png(const std::filesystem::path& path, const Image& image, const std::vector<PngText>& texts) {
  write_file(path, encode_png(image, texts));
}

}  // namespace darkroom::formats
