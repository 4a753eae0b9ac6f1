// Golden files: tests/golden/make_picture_files.py and make_png_files.py.
#include "formats/picture_file.h"

#include "formats/support.h"

namespace darkroom::formats {
namespace {

TEST(PictureFile, EveryOrientationIsRead) {
  const std::vector<std::vector<int>> colours = {{255, 0, 0},   {0, 255, 0}, {0, 0, 255},
                                                 {255, 255, 0}, {0, 0, 0},   {255, 255, 255}};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const PictureFile picture = read_picture(golden("orientation" + std::to_string(orientation) + ".jpg"));
    ASSERT_EQ(picture.image.width, 24) << orientation;
    ASSERT_EQ(picture.image.height, 16);
    for (int cell = 0; cell < 6; ++cell) {
      const uint8_t* pixel = picture.image.pixel(8 * (cell % 3) + 4, 8 * (cell / 3) + 4);
      for (size_t c = 0; c < 3; ++c) EXPECT_NEAR(pixel[c], colours[size_t(cell)][c], 3) << orientation << " " << cell;
    }
  }
  EXPECT_EQ(read_picture(golden("lossy.webp")).image.width, 13);
}

TEST(PictureFile, ByContentNotByName) {
  const TemporaryFolder folder;
  std::filesystem::copy_file(golden("lossless.webp"), folder / "a.png");
  std::filesystem::copy_file(golden("rgb8.png"), folder / "b.jpg");
  EXPECT_EQ(int(read_picture(folder / "a.png").kind), int(FileKind::webp));
  EXPECT_TRUE(read_picture(folder / "a.png").texts.at("parameters").starts_with("ein Apfel"));
  EXPECT_EQ(int(read_picture(folder / "b.jpg").kind), int(FileKind::png));
  EXPECT_EQ(read_picture(folder / "b.jpg").texts.at("parameters"), "café\nSteps: 20");
}

TEST(PictureFile, WritesByName) {
  const TemporaryFolder folder;
  Image image(16, 8, 3);
  std::fill(image.pixels.begin(), image.pixels.end(), uint8_t(90));
  for (const std::string name : {"a.png", "b.jpg", "c.JPEG", "d.webp"}) {
    write_picture(folder / name, image, "苹果\nSteps: 1", 90);
    const PictureFile read = read_picture(folder / name);
    EXPECT_EQ(read.image.pixels, image.pixels) << name;
    EXPECT_EQ(read.texts, (std::map<std::string, std::string>{{"parameters", "苹果\nSteps: 1"}})) << name;
  }
  EXPECT_EQ(int(file_kind(folder / "c.JPEG")), int(FileKind::jpeg));
  EXPECT_TRUE(read_picture_bytes(as_bytes(encode_picture(image, "", {}))).texts.empty());
}

TEST(PictureFile, SaysWhatIsWrong) {
  const TemporaryFolder folder;
  put(folder / "a.png", "<html>");
  expect_error(ErrorKind::unsupported, "a.png\": a picture must be a PNG, JPEG or WebP, this is a file of unknown",
               [&] { read_picture(folder / "a.png"); });
  expect_error(ErrorKind::unsupported, "this is a torch checkpoint", [] { read_picture(golden("training.ckpt")); });
  expect_error(ErrorKind::invalid_request, "must end in .png, .jpg or .webp", [] { format_of_name("a.gif"); });
  expect_error(ErrorKind::invalid_request, "must end in", [] { format_of_name("png"); });
  expect_error(ErrorKind::invalid_request, "a.jpg\": write a JPEG: its recipe",
               [&] { write_picture(folder / "a.jpg", Image(1, 1, 3), std::string(40'000, 'x')); });
  EXPECT_EQ(folder.files(), 1u);
}

}  // namespace
}  // namespace darkroom::formats
