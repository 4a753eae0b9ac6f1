// Blocks from another program: tests/golden/make_picture_files.py; see also jpeg_test.cpp and webp_test.cpp.
#include "formats/exif.h"

#include "formats/support.h"

namespace darkroom::formats {
namespace {

TEST(Exif, CommentsComeBack) {
  for (const std::string text : {"a", "café\nSteps: 20", "苹果 🍎", "\xEF\xBF\xBF \xF4\x8F\xBF\xBF"})
    EXPECT_EQ(read_exif(as_bytes(exif_with_comment(text))).comment, text);
  EXPECT_EQ(read_exif(as_bytes(std::string("Exif\0\0", 6) + exif_with_comment("x"))).comment, "x");
  EXPECT_EQ(read_exif(as_bytes(exif_with_comment("x"))).orientation, 1);
  expect_error(ErrorKind::invalid_request, "must be UTF-8", [] { exif_with_comment("\xff"); });
}

TEST(Exif, IsWrittenAsA1111Writes) {
  const std::string block = exif_with_comment("A");
  EXPECT_TRUE(block.starts_with("MM"));
  EXPECT_TRUE(block.ends_with(std::string("UNICODE\0\0A", 10)));
}

TEST(Exif, DamageIsAbsence) {
  const std::string whole = exif_with_comment("Steps: 20");
  for (size_t length = 0; length < whole.size(); ++length)
    EXPECT_EQ(read_exif(as_bytes(whole.substr(0, length))).comment, "") << length;
  for (size_t i = 0; i < whole.size(); ++i) {
    for (const char value : {'\0', '\x7f', '\xff'}) {
      std::string damaged = whole;
      damaged[i] = value;
      const Exif exif = read_exif(as_bytes(damaged));
      EXPECT_GE(exif.orientation, 1);
    }
  }
}

/// 3 x 2 pixels: 0 1 2 / 3 4 5.
std::vector<uint8_t> turned(int orientation) {
  Image image(3, 2, 1);
  for (size_t i = 0; i < 6; ++i) image.pixels[i] = uint8_t(i);
  const Image up = upright(image, orientation);
  EXPECT_EQ(up.width, orientation >= 5 && orientation <= 8 ? 2 : 3);
  EXPECT_EQ(up.pixels.size(), 6u);
  return up.pixels;
}

TEST(Exif, EightOrientations) {
  using Pixels = std::vector<uint8_t>;
  EXPECT_EQ(turned(1), (Pixels{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(turned(2), (Pixels{2, 1, 0, 5, 4, 3}));
  EXPECT_EQ(turned(3), (Pixels{5, 4, 3, 2, 1, 0}));
  EXPECT_EQ(turned(4), (Pixels{3, 4, 5, 0, 1, 2}));
  EXPECT_EQ(turned(5), (Pixels{0, 3, 1, 4, 2, 5}));
  EXPECT_EQ(turned(6), (Pixels{3, 0, 4, 1, 5, 2}));
  EXPECT_EQ(turned(7), (Pixels{5, 2, 4, 1, 3, 0}));
  EXPECT_EQ(turned(8), (Pixels{2, 5, 1, 4, 0, 3}));
  EXPECT_EQ(turned(0), turned(1));
  EXPECT_EQ(turned(9), turned(1));
}

}  // namespace
}  // namespace darkroom::formats
