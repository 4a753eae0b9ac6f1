// Golden files and the pixels Pillow reads from them: tests/golden/make_picture_files.py.
#include "formats/webp.h"

#include <nlohmann/json.hpp>

#include "formats/support.h"

namespace darkroom::formats {
namespace {

WebpFile webp_of(const std::string& name) {
  const std::string file = content_of(golden(name));
  return read_webp_bytes(as_bytes(file));
}

TEST(Webp, LosslessIsExact) {
  const WebpFile rgb = webp_of("lossless.webp"), rgba = webp_of("lossless_alpha.webp");
  ASSERT_EQ(rgb.image.channels, 3);
  ASSERT_EQ(rgba.image.channels, 4);
  for (int y = 0; y < 13; ++y) {
    for (int x = 0; x < 21; ++x) {
      const std::vector<int> expected = {12 * x, 19 * y, 255 - 12 * x, 255 - 9 * x};
      const uint8_t* pixel = rgba.image.pixel(x, y);
      EXPECT_EQ(std::vector<int>(pixel, pixel + 4), expected);
      EXPECT_EQ(std::vector<int>(rgb.image.pixel(x, y), rgb.image.pixel(x, y) + 3),
                std::vector<int>(expected.begin(), expected.begin() + 3));
    }
  }
}

TEST(Webp, PixelsAreThoseOfPillow) {
  const auto expected = nlohmann::json::parse(content_of(golden("pictures.json"))).at("lossy.webp");
  EXPECT_EQ(webp_of("lossy.webp").image.pixels, expected.get<std::vector<uint8_t>>());
}

TEST(Webp, ReadsExif) {
  EXPECT_EQ(webp_of("lossless.webp").exif.comment, "ein Apfel 苹果 🍎\nSteps: 20, Sampler: Euler, Seed: 1");
  EXPECT_EQ(webp_of("lossy.webp").exif.orientation, 6);
  EXPECT_EQ(webp_of("lossless_alpha.webp").exif.comment, "");
}

TEST(Webp, RoundTripAtQuality100IsExact) {
  for (const int channels : {1, 3, 4}) {
    Image image(37, 11, channels);
    for (size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = uint8_t(i * 7 | 1);
    const std::string bytes = encode_webp(image, 100, "a red apple\nSteps: 1");
    const WebpFile read = read_webp_bytes(as_bytes(bytes));
    EXPECT_EQ(read.exif.comment, "a red apple\nSteps: 1");
    if (channels == 1)
      EXPECT_EQ(read.image.pixel(5, 5)[2], image.pixel(5, 5)[0]);
    else
      EXPECT_EQ(read.image.pixels, image.pixels) << channels;
  }
}

TEST(Webp, QualityCostsBytes) {
  Image image(64, 64, 3);
  uint32_t state = 1;
  for (uint8_t& value : image.pixels) value = uint8_t((state = state * 1664525 + 1013904223) >> 24);
  EXPECT_LT(encode_webp(image, 10).size(), encode_webp(image, 90).size());
  EXPECT_LT(encode_webp(image, 90).size(), encode_webp(image, 100).size());
}

TEST(Webp, LongRecipesFit) {
  const std::string bytes = encode_webp(Image(1, 1, 3), 80, std::string(200'000, 'x'));
  EXPECT_EQ(read_webp_bytes(as_bytes(bytes)).exif.comment.size(), 200'000u);
}

TEST(Webp, EveryTruncationOfThePixelsIsAnError) {
  for (const char* name : {"lossy.webp", "lossless.webp", "lossless_alpha.webp"}) {
    const std::string whole = content_of(golden(name));
    ASSERT_FALSE(whole.empty());
    // Behind the pixels stands EXIF at most: a file that ends there still shows the whole picture.
    const size_t after = whole.find("EXIF", 40);
    for (size_t length = 0; length + 1 < std::min(after, whole.size() - 1); ++length)
      expect_error(ErrorKind::corrupt_file, "",
                   [&] { read_webp_bytes(as_bytes(std::string_view(whole).substr(0, length))); });
  }
}

TEST(Webp, DamageIsAnErrorOrHarmless) {
  for (const char* name : {"lossy.webp", "lossless.webp"}) {
    std::string bytes = content_of(golden(name));
    size_t refused = 0;
    for (char& byte : bytes) {
      const char before = byte;
      byte = char(~before);
      try {
        read_webp_bytes(as_bytes(bytes));
      } catch (const Error& error) {
        EXPECT_NE(int(error.kind()), int(ErrorKind::internal)) << error.what();
        ++refused;
      }
      byte = before;
    }
    EXPECT_GT(refused, 10u) << name;
  }
}

TEST(Webp, AnimationsAndBombsAreRefused) {
  expect_error(ErrorKind::unsupported, "animation", [] { webp_of("animated.webp"); });
  const Image flat(1, 1, 3);
  std::string bytes = encode_webp(flat, 100);
  const size_t frame = bytes.find('\x2f', 20);  // VP8L: signature, then 14 bits of width - 1 and of height - 1
  for (size_t i = 1; i <= 3; ++i) bytes[frame + i] = '\xff';
  bytes[frame + 4] = char(bytes[frame + 4] | 0x0f);
  expect_error(ErrorKind::unsupported, "the picture is 16384 x 16384: must have at most 67108864",
               [&] { read_webp_bytes(as_bytes(bytes)); });
}

TEST(Webp, RefusesToWriteWhatTheFormatForbids) {
  expect_error(ErrorKind::invalid_request, "1 to 16383", [] { encode_webp(Image(16384, 1, 3), 80); });
  expect_error(ErrorKind::invalid_request, "quality", [] { encode_webp(Image(1, 1, 3), 101); });
  Image wrong(1, 1, 3);
  wrong.channels = 2;
  expect_error(ErrorKind::internal, "2 channels", [&] { encode_webp(wrong, 80); });
}

}  // namespace
}  // namespace darkroom::formats
