// Golden files: tests/golden/make_png_files.py, 5 x 3 pixels of grey v = 17 * (y * 5 + x) or colour (v, 255 - v, 100).
#include "formats/png.h"

#include <functional>

#include "formats/support.h"

namespace darkroom::formats {
namespace {

using Pixel = std::vector<int>;

void expect_picture(const std::string& name, const std::function<Pixel(int v)>& expected) {
  SCOPED_TRACE(name);
  const Image image = read_png(golden(name)).image;
  ASSERT_EQ(image.width, 5);
  ASSERT_EQ(image.height, 3);
  for (int y = 0; y < 3; ++y)
    for (int x = 0; x < 5; ++x)
      EXPECT_EQ(Pixel(image.pixel(x, y), image.pixel(x, y) + image.channels), expected(17 * (y * 5 + x)));
}

TEST(Png, EveryKindBecomesEightBits) {
  expect_picture("grey1.png", [](int v) { return Pixel{v / 17 % 2 * 255}; });  // 5 is odd: k and x + y agree
  expect_picture("grey4.png", [](int v) { return Pixel{v}; });
  expect_picture("grey8.png", [](int v) { return Pixel{v}; });
  expect_picture("grey16.png", [](int v) { return Pixel{v}; });
  expect_picture("grey8_transparent.png", [](int v) { return Pixel{v, v, v, v == 34 ? 0 : 255}; });
  expect_picture("grey_alpha8.png", [](int v) { return Pixel{v, v, v, 255 - v}; });
  expect_picture("rgb8.png", [](int v) { return Pixel{v, 255 - v, 100}; });
  expect_picture("rgb8_interlaced.png", [](int v) { return Pixel{v, 255 - v, 100}; });
  expect_picture("rgb16.png", [](int v) { return Pixel{v, 255 - v, 100}; });
  expect_picture("rgba8_interlaced.png", [](int v) { return Pixel{v, 255 - v, 100, v}; });
  expect_picture("palette4.png", [](int v) { return Pixel{v, 255 - v, 100}; });
  expect_picture("palette8_transparent.png", [](int v) { return Pixel{v, 255 - v, 100, v}; });
}

TEST(Png, ReadsEveryKindOfText) {
  const std::vector<PngText> texts = read_png(golden("rgb8.png")).texts;
  const std::pair<std::string, std::string> expected[] = {{"parameters", "café\nSteps: 20"},
                                                          {"packed", std::string(1000, 'a')},
                                                          {"international", "苹果 🍎"},
                                                          {"packed international", "grün"},
                                                          {"not UTF-8",
                                                           "a\xef\xbf\xbd\xef\xbf\xbd"
                                                           "b"}};
  ASSERT_EQ(texts.size(), 5u);
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(texts[i].keyword, expected[i].first);
    EXPECT_EQ(texts[i].text, expected[i].second);
  }
}

Image gradient(int width, int height, int channels) {
  Image image(width, height, channels);
  for (size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = uint8_t(i * 7);
  return image;
}

TEST(Png, RoundTripOfPixels) {
  for (const int channels : {1, 3, 4}) {
    const Image image = gradient(33, 17, channels);
    const std::string bytes = encode_png(image);
    const PngFile file = read_png_bytes(as_bytes(bytes));
    EXPECT_EQ(file.image.width, 33);
    EXPECT_EQ(file.image.height, 17);
    EXPECT_EQ(file.image.channels, channels);
    EXPECT_EQ(file.image.pixels, image.pixels);
    EXPECT_TRUE(file.texts.empty());
  }
}

TEST(Png, RoundTripOfTexts) {
  const std::vector<PngText> texts = {{"parameters", "a red apple\nSteps: 20, Sampler: Euler"},
                                      {"parameters", "café"},
                                      {"parameters", "苹果 🍎 \xc2\x85"},
                                      {"Ünicode", ""},
                                      {"long", std::string(300'000, 'x')}};
  const std::string bytes = encode_png(gradient(2, 2, 3), texts);
  const PngFile file = read_png_bytes(as_bytes(bytes));
  ASSERT_EQ(file.texts.size(), texts.size());
  for (size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(file.texts[i].keyword, texts[i].keyword);
    EXPECT_EQ(file.texts[i].text, texts[i].text);
  }
}

TEST(Png, PlainTextIsLatin1AndTheRestInternational) {
  const Image image = gradient(1, 1, 3);
  EXPECT_NE(encode_png(image, {{"k", "café"}}).find("tEXtk\0caf\xe9", 0, 10), std::string::npos);
  EXPECT_EQ(encode_png(image, {{"k", "café"}}).find("iTXt"), std::string::npos);
  EXPECT_NE(encode_png(image, {{"k", "苹"}}).find("iTXt"), std::string::npos);
  EXPECT_EQ(encode_png(image, {{"k", "苹"}}).find("tEXt"), std::string::npos);
  EXPECT_NE(encode_png(image, {{"k", "\xc2\x85"}}).find("iTXt"), std::string::npos);
}

TEST(Png, RefusesToWriteWhatTheFormatForbids) {
  const Image image = gradient(1, 1, 3);
  for (const std::string& keyword : {std::string(), std::string(80, 'k'), std::string(" k"), std::string("k "),
                                     std::string("a  b"), std::string("a\nb"), std::string("苹"), std::string("\xff")})
    expect_error(ErrorKind::invalid_request, "79 printable", [&] { encode_png(image, {{keyword, "x"}}); });
  EXPECT_NO_THROW(encode_png(image, {{std::string(79, 'k'), "x"}}));
  expect_error(ErrorKind::invalid_request, "UTF-8 without", [&] { encode_png(image, {{"k", "\xff"}}); });
  expect_error(ErrorKind::invalid_request, "zero bytes", [&] { encode_png(image, {{"k", std::string(1, '\0')}}); });
  expect_error(ErrorKind::invalid_request, "0 x 4", [&] { encode_png(Image(0, 4, 3)); });
  expect_error(ErrorKind::invalid_request, "16385 x 1", [&] { encode_png(Image(16385, 1, 1)); });
  Image wrong = image;
  wrong.channels = 2;
  expect_error(ErrorKind::internal, "2 channels", [&] { encode_png(wrong); });
  wrong.channels = 4;
  expect_error(ErrorKind::internal, "has 3 bytes", [&] { encode_png(wrong); });
}

TEST(Png, EveryTruncationIsAnError) {
  for (const char* name : {"rgb8.png", "rgba8_interlaced.png", "palette8_transparent.png"}) {
    const std::string whole = content_of(golden(name));
    ASSERT_FALSE(whole.empty());
    // Without its last chunk's checksum the picture is complete to libpng only at the very end.
    for (size_t length = 0; length < whole.size(); ++length)
      expect_error(ErrorKind::corrupt_file, "",
                   [&] { read_png_bytes(as_bytes(std::string_view(whole).substr(0, length))); });
  }
}

TEST(Png, DamageIsAnErrorOrHarmless) {
  std::string bytes = content_of(golden("rgb8.png"));
  size_t refused = 0;
  for (char& byte : bytes) {
    const char before = byte;
    byte = char(~before);
    try {
      read_png_bytes(as_bytes(bytes));
    } catch (const Error&) {
      ++refused;
    }
    byte = before;
  }
  EXPECT_GT(refused, 40u);
}

/// The header of a picture, without its checksum being looked at by us: CRC-32 as the format defines it.
std::string with_size(uint32_t width, uint32_t height) {
  std::string bytes = content_of(golden("rgb8.png"));
  const auto put_big_endian = [&](size_t at, uint32_t value) {
    for (int i = 0; i < 4; ++i) bytes[at + size_t(i)] = char(value >> (24 - 8 * i));
  };
  put_big_endian(16, width);
  put_big_endian(20, height);
  uint32_t crc = ~0u;
  for (size_t i = 12; i < 29; ++i) {
    crc ^= static_cast<unsigned char>(bytes[i]);
    for (int bit = 0; bit < 8; ++bit) crc = crc & 1 ? crc >> 1 ^ 0xEDB88320u : crc >> 1;
  }
  put_big_endian(29, ~crc);
  return bytes;
}

// libpng would allocate what a chunk claims: found by fuzzing, a text of 2 GB in a file of 178 bytes.
TEST(Png, ChunksCannotClaimMoreThanTheFileHolds) {
  std::string png = encode_png(Image(1, 1, 3), {{"parameters", "a"}});
  const size_t text = png.find("tEXt");
  ASSERT_NE(text, std::string::npos);
  png[text - 4] = '\x7f';
  expect_error(ErrorKind::corrupt_file, "claims", [&] { read_png_bytes(as_bytes(png)); });
  const std::string trailing = encode_png(Image(1, 1, 3), {}) + std::string(40, '\xff');
  EXPECT_EQ(read_png_bytes(as_bytes(trailing)).image.width, 1);
}

TEST(Png, SizesAreCheckedBeforePixelsAreAllocated) {
  expect_error(ErrorKind::unsupported, "at most 16384", [] { read_png_bytes(as_bytes(with_size(16385, 1))); });
  expect_error(ErrorKind::unsupported, "2147483647", [] { read_png_bytes(as_bytes(with_size(1, 2147483647))); });
  expect_error(ErrorKind::corrupt_file, "more than 316 bytes can hold",
               [] { read_png_bytes(as_bytes(with_size(16384, 16384))); });
  expect_error(ErrorKind::corrupt_file, "not a readable PNG", [] { read_png_bytes(as_bytes(with_size(0, 1))); });
  expect_error(ErrorKind::corrupt_file, "not a readable PNG", [] { read_png_bytes(as_bytes(with_size(50, 30))); });
}

TEST(Png, WritesWholeFilesOrNone) {
  const TemporaryFolder folder;
  write_png(folder / "a.png", gradient(4, 4, 3), {{"parameters", "x"}});
  EXPECT_EQ(read_png(folder / "a.png").texts.at(0).text, "x");
  expect_error(ErrorKind::io, "does not exist", [&] { write_png(folder / "no/a.png", gradient(4, 4, 3)); });
  expect_error(ErrorKind::invalid_request, "", [&] { write_png(folder / "b.png", gradient(4, 4, 3), {{"", "x"}}); });
  EXPECT_EQ(folder.files(), 1u);
  put(folder / "c.png", "no picture");
  expect_error(ErrorKind::corrupt_file, "c.png\": not a readable PNG", [&] { read_png(folder / "c.png"); });
  expect_error(ErrorKind::not_found, "no such file", [&] { read_png(folder / "d.png"); });
}

}  // namespace
}  // namespace darkroom::formats
