// Golden files and the pixels Pillow reads from them: tests/golden/make_picture_files.py.
#include "formats/jpeg.h"

#include <nlohmann/json.hpp>

#include "formats/support.h"

namespace darkroom::formats {
namespace {

JpegFile jpeg_of(const std::string& name) {
  const std::string file = content_of(golden(name));
  return read_jpeg_bytes(as_bytes(file));
}

std::vector<uint8_t> pixels_of_pillow(const std::string& name) {
  return nlohmann::json::parse(content_of(golden("pictures.json"))).at(name).get<std::vector<uint8_t>>();
}

int largest_difference(const std::vector<uint8_t>& a, const std::vector<uint8_t>& b) {
  if (a.size() != b.size()) return 256;
  int largest = 0;
  for (size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(int(a[i]) - int(b[i])));
  return largest;
}

TEST(Jpeg, PixelsAreThoseOfPillow) {
  for (const char* name : {"rgb.jpg", "progressive.jpg", "grey.jpg"})
    EXPECT_EQ(jpeg_of(name).image.pixels, pixels_of_pillow(name)) << name;
  EXPECT_EQ(jpeg_of("grey.jpg").image.channels, 1);
  EXPECT_LE(largest_difference(jpeg_of("cmyk.jpg").image.pixels, pixels_of_pillow("cmyk.jpg")), 1);
}

TEST(Jpeg, CommentsInEveryEncoding) {
  const std::string recipe = "ein Apfel 苹果 🍎\nSteps: 20, Sampler: Euler, Seed: 1";
  EXPECT_EQ(jpeg_of("rgb.jpg").exif.comment, recipe);
  EXPECT_EQ(jpeg_of("progressive.jpg").exif.comment, recipe);
  EXPECT_EQ(jpeg_of("grey.jpg").exif.comment, "Steps: 20");
  EXPECT_EQ(jpeg_of("orientation6.jpg").exif.orientation, 6);
}

TEST(Jpeg, RoundTrip) {
  Image image(37, 11, 3);
  for (size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = uint8_t(80 + i / 37);
  const std::string bytes = encode_jpeg(image, 95, "a red apple\nSteps: 1");
  const JpegFile read = read_jpeg_bytes(as_bytes(bytes));
  EXPECT_EQ(read.image.width, 37);
  EXPECT_EQ(read.image.height, 11);
  EXPECT_LE(largest_difference(read.image.pixels, image.pixels), 4);
  EXPECT_EQ(read.exif.comment, "a red apple\nSteps: 1");
  EXPECT_GT(bytes.size(), encode_jpeg(image, 10).size());
  Image grey(8, 8, 1);
  EXPECT_EQ(read_jpeg_bytes(as_bytes(encode_jpeg(grey, 100))).image.pixels, grey.pixels);
}

TEST(Jpeg, EveryTruncationIsAnError) {
  for (const char* name : {"rgb.jpg", "progressive.jpg", "cmyk.jpg"}) {
    const std::string whole = content_of(golden(name));
    ASSERT_FALSE(whole.empty());
    for (size_t length = 0; length < whole.size(); ++length)
      expect_error(ErrorKind::corrupt_file, "",
                   [&] { read_jpeg_bytes(as_bytes(std::string_view(whole).substr(0, length))); });
  }
}

TEST(Jpeg, DamageIsAnErrorOrHarmless) {
  std::string bytes = content_of(golden("progressive.jpg"));
  size_t refused = 0;
  for (char& byte : bytes) {
    const char before = byte;
    byte = char(~before);
    try {
      read_jpeg_bytes(as_bytes(bytes));
    } catch (const Error& error) {
      EXPECT_NE(int(error.kind()), int(ErrorKind::internal)) << error.what();
      ++refused;
    }
    byte = before;
  }
  EXPECT_GT(refused, 40u);
}

/// A picture that claims another size in its frame header.
std::string with_frame_size(std::string bytes, unsigned width, unsigned height) {
  const size_t frame = bytes.find("\xFF\xC0");
  EXPECT_NE(frame, std::string::npos);
  for (size_t i = 0; i < 2; ++i) {
    bytes[frame + 5 + i] = char(height >> (8 - 8 * i));
    bytes[frame + 7 + i] = char(width >> (8 - 8 * i));
  }
  return bytes;
}

TEST(Jpeg, SizesAreCheckedBeforePixelsAreAllocated) {
  const std::string bytes = content_of(golden("rgb.jpg"));
  expect_error(ErrorKind::unsupported, "at most 16384",
               [&] { read_jpeg_bytes(as_bytes(with_frame_size(bytes, 20000, 10))); });
  expect_error(ErrorKind::corrupt_file, "can hold",
               [&] { read_jpeg_bytes(as_bytes(with_frame_size(bytes, 16000, 16000))); });
  expect_error(ErrorKind::corrupt_file, "not a readable JPEG",
               [&] { read_jpeg_bytes(as_bytes(with_frame_size(bytes, 0, 1))); });
}

TEST(Jpeg, RefusesToWriteWhatTheFormatForbids) {
  expect_error(ErrorKind::invalid_request, "1 to 16384", [] { encode_jpeg(Image(16385, 1, 3), 80); });
  expect_error(ErrorKind::invalid_request, "quality", [] { encode_jpeg(Image(1, 1, 3), 0); });
  expect_error(ErrorKind::invalid_request, "PNG and WebP",
               [] { encode_jpeg(Image(1, 1, 3), 80, std::string(40'000, 'x')); });
  expect_error(ErrorKind::internal, "4 channels", [] { encode_jpeg(Image(1, 1, 4), 80); });
  const std::string longest = encode_jpeg(Image(1, 1, 3), 80, std::string(kMaxJpegComment, 'x'));
  EXPECT_EQ(read_jpeg_bytes(as_bytes(longest)).exif.comment.size(), kMaxJpegComment);
}

}  // namespace
}  // namespace darkroom::formats
