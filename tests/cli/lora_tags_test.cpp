// Whole runs with LoRA files on the embedded model.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "formats/png.h"
#include "generate/infotext.h"
#include "support/demo_lora.h"
#include "support/run_program.h"

namespace darkroom::cli {
namespace {

using formats::TemporaryFolder;

const std::string kEmoji = std::string(DARKROOM_SOURCE_DIR) + "/models/emoji";

TEST(LoraTags, ChangeThePictureAndStandInItsRecipe) {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder / "models/Lora/sub");
  write_demo_lora(folder / "models/Lora/sub/demo.safetensors", kEmoji);
  const auto pixels = [&](const std::string& prompt) {
    const ProgramResult run = run_program({"generate", prompt, "--steps", "2", "--seed", "5", "--precision", "fp32",
                                           "--width", "64", "--height", "64", "-q", "-o", "a.png"},
                                          folder.path());
    EXPECT_EQ(run.code, 0) << run.err;
    return formats::read_png(folder / "a.png");
  };
  const auto plain = pixels("red apple"), with = pixels("<lora:demo:0.6> red apple");
  EXPECT_NE(plain.image.pixels, with.image.pixels);
  const auto recipe = generate::parse_infotext(with.texts.at(0).text);
  EXPECT_EQ(recipe.prompt, "<lora:demo:0.6> red apple");
  EXPECT_NE(with.texts[0].text.find("Lora hashes: \"demo: "), std::string::npos);
}

TEST(LoraTags, UnknownNamesAreRefusedWithTheNearest) {
  const TemporaryFolder folder;
  write_demo_lora(folder / "silver_gelatin.safetensors", kEmoji);
  const ProgramResult run =
      run_program({"generate", "<lora:silver_gelatine:1> cat", "--lora-dir", ".", "-o", "a.png"}, folder.path());
  EXPECT_NE(run.code, 0);
  EXPECT_NE(run.err.find("find the LoRA \"silver_gelatine\" in \".\": there is none of this name; the nearest are "
                         "\"silver_gelatin\""),
            std::string::npos)
      << run.err;
  EXPECT_FALSE(std::filesystem::exists(folder / "a.png"));
}

TEST(LoraTags, AreShownByPrompt) {
  const TemporaryFolder folder;
  write_demo_lora(folder / "x.safetensors", kTiny + "sd15");
  const auto run =
      run_program({"prompt", "a <lora:x:0.5:dyn=8>cat<lora:y><foo:1>", "--lora-dir", ".", "--json"}, folder.path());
  ASSERT_EQ(run.code, 0) << run.err;
  const auto json = nlohmann::json::parse(run.out);
  EXPECT_EQ(json["text"], "a cat");
  EXPECT_EQ(json["chunks"][0]["tokens"][3], 49407);  // begin, "a", "cat", end
  EXPECT_EQ(json["attention"][0][0], "a <lora:x:0.5:dyn=8>cat<lora:y><foo:1>");
  EXPECT_EQ(json["tags"][0], nlohmann::json::parse(R"({"type": "lora", "arguments": ["x", "0.5", "dyn=8"], "name": "x",
                                                       "te": 0.5, "unet": 0.5, "dyn": 8, "file": "./x.safetensors"})"));
  EXPECT_NE(json["tags"][1]["problem"].get<std::string>().find("the nearest are \"x\""), std::string::npos);
  EXPECT_EQ(json["tags"][2]["type"], "foo");
  const auto text = run_program({"prompt", "a <lora:x:te=0.5:unet=1>cat<foo:1>", "--lora-dir", "."}, folder.path()).out;
  EXPECT_TRUE(text.starts_with("LoRA x: text encoder 0.5, UNet 1\n  ./x.safetensors\ntag <foo:1>: has no effect\n"))
      << text;
}

}  // namespace
}  // namespace darkroom::cli
