#include <gtest/gtest.h>

#include "formats/png.h"
#include "support/esrgan.h"
#include "support/run_program.h"

namespace darkroom::cli {
namespace {

using formats::TemporaryFolder;

void put_picture(const TemporaryFolder& folder) {
  Image image(12, 10, 3);
  for (size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = uint8_t(i * 7);
  formats::write_png(folder / "a.png", image, {{"parameters", "a red apple"}});
}

TEST(Upscale, WritesALargerPictureWithItsRecipe) {
  const TemporaryFolder folder;
  put_picture(folder);
  const ProgramResult result = run_program({"upscale", "a.png"}, folder.path());
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.out, "a-upscaled.png  24x16\n");
  const formats::PngFile file = formats::read_png(folder / "a-upscaled.png");
  ASSERT_EQ(file.texts.size(), 2u);
  EXPECT_EQ(file.texts[0].text, "a red apple");
  EXPECT_EQ(file.texts[1].text, "Postprocess upscale by: 2, Postprocess upscaler: Lanczos");
}

TEST(Upscale, TakesNetworksByFileAndByName) {
  const TemporaryFolder folder;
  put_picture(folder);
  std::filesystem::create_directories(folder / "models/ESRGAN");
  formats::write_safetensors(folder / "models/ESRGAN/tiny.safetensors", esrgan_tensors("x4"));
  for (const char* name : {"tiny", "models/ESRGAN/tiny.safetensors"}) {
    const ProgramResult result =
        run_program({"upscale", "a.png", "--upscaler", name, "--scale", "4", "-o", "b.png"}, folder.path());
    ASSERT_EQ(result.code, 0) << result.err;
    EXPECT_EQ(formats::read_png(folder / "b.png").image.height, 40);
  }
  EXPECT_NE(run_program({"upscale", "--list"}, folder.path()).out.find("Nearest\ntiny\n"), std::string::npos);
  const ProgramResult exact = run_program(
      {"upscale", "a.png", "--upscaler", "tiny", "--width", "30", "--height", "7", "-o", "b.png"}, folder.path());
  EXPECT_EQ(exact.out, "b.png  30x7\n") << exact.err;
}

TEST(Upscale, SaysWhatIsWrong) {
  const TemporaryFolder folder;
  put_picture(folder);
  const auto error = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "upscale");
    const ProgramResult result = run_program(arguments, folder.path());
    EXPECT_NE(result.code, 0);
    return result.err;
  };
  EXPECT_NE(error({}).find("a picture is needed"), std::string::npos);
  EXPECT_NE(error({"none.png"}).find("read the picture \"none.png\""), std::string::npos);
  EXPECT_NE(error({"a.png", "--upscaler", "tiny"}).find("find the upscaler \"tiny\""), std::string::npos);
  EXPECT_NE(error({"a.png", "-o", "b.jpg"}).find("must end in .png"), std::string::npos);
  EXPECT_NE(error({"a.png", "--width", "9"}).find("both must be given"), std::string::npos);
  EXPECT_NE(error({"a.png", "--scale", "1000"}).find("--scale"), std::string::npos);
}

}  // namespace
}  // namespace darkroom::cli
