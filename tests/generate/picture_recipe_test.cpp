#include "generate/picture_recipe.h"

#include <gtest/gtest.h>

#include "generate/infotext.h"

namespace darkroom::generate {
namespace {

formats::PictureFile novelai(const std::string& comment) {
  formats::PictureFile picture;
  picture.image = Image(64, 96, 3);
  picture.texts = {{"Software", "NovelAI"}, {"Description", "masterpiece, a cat"}, {"Comment", comment}};
  return picture;
}

TEST(PictureRecipe, ParametersComeFirst) {
  formats::PictureFile picture = novelai("{}");
  picture.texts["parameters"] = "x\nSteps: 1";
  EXPECT_EQ(infotext_of(picture), "x\nSteps: 1");
  EXPECT_EQ(infotext_of({}), "");
}

TEST(PictureRecipe, NovelAI) {
  const std::string text = infotext_of(
      novelai(R"({"steps": 28, "sampler": "k_euler", "seed": 1234, "scale": 11.0, "uc": "lowres, bad: hands"})"));
  const Settings read = infotext_settings(parse_infotext(text));
  EXPECT_EQ(read.at("prompt"), "masterpiece, a cat");
  EXPECT_EQ(read.at("negative_prompt"), "lowres, bad: hands");
  EXPECT_EQ(read.at("sampler_name"), "Euler");
  EXPECT_EQ(read.at("steps"), "28");
  EXPECT_EQ(read.at("seed"), "1234");
  EXPECT_EQ(read.at("cfg_scale"), "11.0");
  EXPECT_EQ(read.at("width"), "64");
  EXPECT_EQ(read.at("height"), "96");
  EXPECT_EQ(read.at("clip_skip"), "2");
  EXPECT_EQ(read.at("eta_noise_seed_delta"), "31337");
}

TEST(PictureRecipe, DamagedNovelAIIsNone) {
  EXPECT_EQ(infotext_of(novelai("not JSON")), "");
  EXPECT_EQ(infotext_of(novelai("[1]")), "");
  EXPECT_EQ(infotext_of(novelai(std::string(1'000'000, '['))), "");
  const std::string strange = infotext_of(novelai(R"({"sampler": "nai_smea", "steps": [[1]], "seed": null})"));
  EXPECT_NE(strange.find("Sampler: Euler a"), std::string::npos);
}

}  // namespace
}  // namespace darkroom::generate
