#include "generate/source_picture.h"

#include "formats/png.h"
#include "formats/support.h"

namespace darkroom::generate {
namespace {

using formats::expect_error;
using formats::TemporaryFolder;

TEST(SourcePicture, IsReadWithItsTexts) {
  const TemporaryFolder folder;
  Image image(3, 2, 4);
  image.pixels[5] = 77;
  formats::write_png(folder / "a.png", image, {{"parameters", "a red apple"}});
  const formats::PictureFile file = read_source_file((folder / "a.png").string());
  EXPECT_EQ(file.image.pixels, image.pixels);
  EXPECT_EQ(file.texts.at("parameters"), "a red apple");
  EXPECT_EQ(read_source_picture((folder / "a.png").string()).pixels, image.pixels);
}

TEST(SourcePicture, RefusesWhatIsNone) {
  const TemporaryFolder folder;
  formats::put(folder / "a.png", "GIF89a, not a PNG");
  expect_error(ErrorKind::not_found, "read the picture \"nowhere.png\"", [] { read_source_picture("nowhere.png"); });
  expect_error(ErrorKind::unsupported, "must be a PNG, JPEG or WebP",
               [&] { read_source_picture((folder / "a.png").string()); });
}

TEST(SourcePicture, RefusesMorePixelsThanWorkWouldTake) {
  const TemporaryFolder folder;
  formats::write_png(folder / "large.png", Image(16384, 4097, 1));
  expect_error(ErrorKind::unsupported, "may have up to 67108864 pixels, this one has 67125248; make it smaller first",
               [&] { read_source_picture((folder / "large.png").string()); });
}

// A size that a file of these few bytes cannot hold: nothing is allocated for it.
TEST(SourcePicture, RefusesPicturesThatAreLies) {
  const TemporaryFolder folder;
  std::string file = formats::encode_png(Image(4, 4, 1));
  const auto put_size = [&](uint32_t width, uint32_t height) {
    for (int i = 0; i < 4; ++i) file[16 + i] = char(width >> (24 - 8 * i)), file[20 + i] = char(height >> (24 - 8 * i));
    formats::put(folder / "lie.png", file);
    return formats::error_of([&] { read_source_picture((folder / "lie.png").string()); });
  };
  for (const auto& [width, height] : {std::pair(16000u, 16000u), {0u, 4u}, {4u, 0u}, {4000000000u, 4u}}) {
    const ErrorKind kind = put_size(width, height).kind();
    EXPECT_TRUE(kind == ErrorKind::corrupt_file || kind == ErrorKind::unsupported) << width << "x" << height;
  }
}

}  // namespace
}  // namespace darkroom::generate
