#include <gtest/gtest.h>

#include "formats/picture_file.h"
#include "formats/png.h"
#include "generate/infotext.h"
#include "support/run_program.h"

namespace darkroom::cli {
namespace {

using formats::TemporaryFolder;

ProgramResult generate(const TemporaryFolder& folder, const std::vector<std::string>& more) {
  std::vector<std::string> arguments = {"generate", "--model",  kTiny + "sd15", "--steps", "2", "--width",
                                        "32",       "--height", "32",           "--seed",  "7"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run_program(arguments, folder.path());
}

TEST(Generate, WritesAPictureWithItsRecipe) {
  const TemporaryFolder folder;
  const ProgramResult result = generate(folder, {"a red apple", "--negative-prompt", "the dog", "-o", "a.png"});
  ASSERT_EQ(result.code, 0) << result.err;
  const formats::PngFile png = formats::read_png(folder / "a.png");
  EXPECT_EQ(png.image.width, 32);
  ASSERT_EQ(png.texts.size(), 1u);
  EXPECT_EQ(png.texts[0].keyword, "parameters");
  const auto read = generate::parse_infotext(png.texts[0].text);
  EXPECT_EQ(read.prompt, "a red apple");
  EXPECT_EQ(read.negative_prompt, "the dog");
  EXPECT_EQ(generate::infotext_settings(read).at("seed"), "7");
}

TEST(Generate, WritesWhatTheNameSays) {
  const TemporaryFolder folder;
  for (const std::string name : {"a.png", "b.jpg", "c.webp"}) {
    ASSERT_EQ(generate(folder, {"a red apple", "--quality", "100", "-q", "-o", name}).code, 0) << name;
  }
  const auto png = formats::read_picture(folder / "a.png"), jpeg = formats::read_picture(folder / "b.jpg"),
             webp = formats::read_picture(folder / "c.webp");
  EXPECT_EQ(int(jpeg.kind), int(formats::FileKind::jpeg));
  EXPECT_EQ(int(webp.kind), int(formats::FileKind::webp));
  EXPECT_EQ(webp.image.pixels, png.image.pixels);
  EXPECT_EQ(webp.texts, png.texts);
  EXPECT_EQ(jpeg.texts, png.texts);
  EXPECT_EQ(generate(folder, {"a red apple", "-o", "a.gif"}).code, 2);
  const ProgramResult too_long = generate(folder, {std::string(32'000, 'a'), "-o", "d.jpg"});
  EXPECT_EQ(too_long.code, 2);
  EXPECT_NE(too_long.err.find("PNG and WebP hold longer ones"), std::string::npos) << too_long.err;
}

TEST(Generate, SaysWhatItWroteAndHowLongItTook) {
  const TemporaryFolder folder;
  const ProgramResult result = generate(folder, {"a red apple", "-o", "a.png"});
  EXPECT_TRUE(result.out.starts_with("a.png  32x32, seed 7\n1 picture in ")) << result.out;
  EXPECT_TRUE(result.out.ends_with(" s/step\n")) << result.out;
  EXPECT_EQ(result.err, "loading the model\nreading the prompt\nsampling: 2 steps\ndecoding\n");
}

TEST(Generate, QuietSaysNothing) {
  const TemporaryFolder folder;
  const ProgramResult result = generate(folder, {"a red apple", "-q", "--precision", "fp16", "-o", "a.png"});
  EXPECT_EQ(result.code, 0);
  EXPECT_EQ(result.out + result.err, "");
}

TEST(Generate, SaysWhatIsComputedInsteadOfFp16) {
  const TemporaryFolder folder;
  const ProgramResult result = generate(folder, {"a red apple", "--precision", "fp16", "-o", "a.png"});
  EXPECT_EQ(result.code, 0);
  EXPECT_NE(result.err.find("fp16 was asked for, but here fp16 is not computed directly; computing in fp32 instead.\n"),
            std::string::npos)
      << result.err;
}

TEST(Generate, NamesPicturesAsA1111WithoutAName) {
  const TemporaryFolder folder;
  ASSERT_EQ(generate(folder, {"a red apple", "--batch-size", "2"}).code, 0);
  ASSERT_EQ(generate(folder, {"a red apple"}).code, 0);
  for (const char* name : {"outputs/00000-7.png", "outputs/00001-8.png", "outputs/00002-7.png"})
    EXPECT_TRUE(std::filesystem::exists(folder / name)) << name;
}

TEST(Generate, TakesPromptsFromAFile) {
  const TemporaryFolder folder;
  formats::put(folder / "prompts.txt", "a red apple\r\n\n  \nthe cat\nthe dog");
  const ProgramResult result = generate(folder, {"--from-file", "prompts.txt", "-o", "out/%03d.png"});
  ASSERT_EQ(result.code, 0) << result.err;
  const auto prompt = [&](const char* name) {
    return generate::parse_infotext(formats::read_png(folder / name).texts.at(0).text).prompt;
  };
  EXPECT_EQ(prompt("out/000.png"), "a red apple");
  EXPECT_EQ(prompt("out/001.png"), "the cat");
  EXPECT_EQ(prompt("out/002.png"), "the dog");
  EXPECT_FALSE(std::filesystem::exists(folder / "out/003.png"));
}

TEST(Generate, StylesGoIntoPromptAndRecipe) {
  const TemporaryFolder folder;
  formats::put(folder / "a.csv", "name,prompt,negative_prompt\nink,\"{prompt}, ink\",blurry\nbig,large,small\n");
  formats::put(folder / "b.csv", "name,text\nbig,huge\n");
  const ProgramResult result = generate(
      folder, {"--styles-file", "*.csv", "--style", "ink", "--style", "big", "a cat # note", "-q", "-o", "a.png"});
  ASSERT_EQ(result.code, 0) << result.err;
  const auto read = generate::parse_infotext(formats::read_png(folder / "a.png").texts.at(0).text);
  EXPECT_EQ(read.prompt, "a cat\n");  // the comment takes what is behind it, styles too, as in A1111
  EXPECT_EQ(read.negative_prompt, "blurry");
  ASSERT_EQ(generate(folder, {"a cat", "--styles-file", "a.csv", "--styles-file", "b.csv", "--style", "ink", "--style",
                              "big", "-q", "-o", "b.png"})
                .code,
            0);
  EXPECT_EQ(generate::parse_infotext(formats::read_png(folder / "b.png").texts.at(0).text).prompt, "a cat, ink, huge");
  const ProgramResult unknown = generate(folder, {"a cat", "--styles-file", "a.csv", "--style", "oil", "-o", "c.png"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_NE(unknown.err.find("there is no style \"oil\"; there are \"ink\", \"big\""), std::string::npos);
  EXPECT_EQ(generate(folder, {"a cat", "--styles-file", "x*.csv", "-o", "c.png"}).code, 3);
}

TEST(Generate, PromptFilesMustHoldPrompts) {
  const TemporaryFolder folder;
  formats::put(folder / "empty.txt", "\n\n");
  EXPECT_EQ(generate(folder, {"--from-file", "empty.txt"}).code, 2);
  EXPECT_EQ(generate(folder, {"--from-file", "nowhere.txt"}).code, 3);
  EXPECT_EQ(generate(folder, {"a cat", "--from-file", "empty.txt"}).code, 2);
  EXPECT_EQ(folder.files(), 1u);
}

TEST(Generate, RecommendedSettingsApplyWhereNothingWasSaid) {
  const TemporaryFolder folder;
  std::filesystem::copy(kTiny + "sd15", folder / "model", std::filesystem::copy_options::recursive);
  formats::put(folder / "model/darkroom.json",
               R"({"width": 40, "height": 32, "steps": 3, "cfg_scale": 4, "sampler": "Euler a"})");
  const ProgramResult result =
      run_program({"generate", "a red apple", "--model", "model", "--steps", "2", "-o", "a.png"}, folder.path());
  ASSERT_EQ(result.code, 0) << result.err;
  const auto settings =
      generate::infotext_settings(generate::parse_infotext(formats::read_png(folder / "a.png").texts.at(0).text));
  EXPECT_EQ(settings.at("width"), "40");
  EXPECT_EQ(settings.at("steps"), "2");
  EXPECT_EQ(settings.at("cfg_scale"), "4");
  EXPECT_EQ(settings.at("sampler_name"), "Euler a");
}

TEST(Generate, StartsFromAPictureAndKeepsWhatIsNotMasked) {
  const TemporaryFolder folder;
  Image picture(32, 32, 3), mask(32, 32, 1);
  for (size_t i = 0; i < picture.pixels.size(); ++i) picture.pixels[i] = uint8_t(i);
  for (int y = 0; y < 32; ++y) std::fill_n(mask.pixel(0, y), 16, uint8_t(255));
  formats::write_png(folder / "p.png", picture);
  formats::write_png(folder / "m.png", mask);
  const ProgramResult result = generate(folder, {"a red apple", "--init-image", "p.png", "--mask", "m.png",
                                                 "--mask-blur", "0", "--denoising-strength", "0.6", "-o", "a.png"});
  ASSERT_EQ(result.code, 0) << result.err;
  const formats::PngFile made = formats::read_png(folder / "a.png");
  EXPECT_EQ(made.image.pixel(31, 31)[2], picture.pixel(31, 31)[2]);
  EXPECT_NE(made.image.pixels, picture.pixels);
  EXPECT_NE(made.texts.at(0).text.find("Denoising strength: 0.6"), std::string::npos);
}

TEST(Generate, ReadsPicturesBeforeTheModel) {
  const TemporaryFolder folder;
  const ProgramResult result =
      run_program({"generate", "x", "--init-image", "none.png", "--model", "none"}, folder.path());
  EXPECT_NE(result.code, 0);
  EXPECT_NE(result.err.find("read the picture \"none.png\""), std::string::npos) << result.err;
}

TEST(Generate, ASecondPassIsLarger) {
  const TemporaryFolder folder;
  const ProgramResult result =
      generate(folder, {"a red apple", "--hires", "True", "--hires-steps", "2", "-o", "a.png"});
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(formats::read_png(folder / "a.png").image.width, 64);
}

}  // namespace
}  // namespace darkroom::cli
