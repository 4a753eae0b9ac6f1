#include "generate/told_request.h"

#include "formats/support.h"
#include "generate/infotext.h"
#include "generate/prompt_pair.h"
#include "support/demo_lora.h"
#include "support/tiny_model.h"

namespace darkroom::generate {
namespace {

using formats::TemporaryFolder;

TEST(ToldRequest, PicturesFollowTheTagsAndRecipesKeepThem) {
  const TemporaryFolder folder;
  write_demo_lora(folder / "demo.safetensors", tiny_model("sd15"), {.size = 0.3f});
  const LoadedModel model({.model = tiny_model("sd15"), .precision = "fp32"});
  const auto picture = [&](const std::string& prompt, const std::string& negative = "") {
    return pictures_of(
               model,
               small_request({{"prompt", prompt}, {"negative_prompt", negative}, {"lora_dir", folder.path().string()}}))
        .at(0);
  };
  const Picture plain = picture("a red apple"), with = picture("a <lora:demo:0.6>red apple");
  EXPECT_NE(with.image.pixels, plain.image.pixels);
  EXPECT_EQ(picture("a red apple").image.pixels, plain.image.pixels);
  EXPECT_EQ(picture("a <lora:demo:0>red apple").image.pixels, plain.image.pixels);
  EXPECT_EQ(picture("a <hypernet:x:1>red apple").image.pixels, plain.image.pixels);
  EXPECT_EQ(picture("a <lora:demo:te=0:unet=0>red apple").image.pixels, plain.image.pixels);
  EXPECT_EQ(picture("a <lora:demo:0.6>red apple").image.pixels, with.image.pixels);
  // In the negative prompt a tag is text.
  EXPECT_NE(picture("a red apple", "<lora:demo:0.6>").image.pixels, plain.image.pixels);
  EXPECT_NE(picture("a red apple", "<lora:none:0.6>").image.pixels, plain.image.pixels);

  const ParsedInfotext read = parse_infotext(with.infotext);
  EXPECT_EQ(read.prompt, "a <lora:demo:0.6>red apple");
  EXPECT_NE(with.infotext.find(", Lora hashes: \"demo: "), std::string::npos) << with.infotext;
  EXPECT_EQ(plain.infotext.find("Lora"), std::string::npos);
  Settings again = infotext_settings(read);
  again["lora_dir"] = folder.path().string();
  EXPECT_EQ(pictures_of(model, completed_request(again)).at(0).image.pixels, with.image.pixels);
}

TEST(ToldRequest, TextEncoderAndUNetHaveWeightsOfTheirOwn) {
  const TemporaryFolder folder;
  write_demo_lora(folder / "demo.safetensors", tiny_model("sd15"), {.size = 0.3f});
  const LoadedModel model({.model = tiny_model("sd15"), .precision = "fp32"});
  const auto context = [&](const std::string& prompt) {
    const auto told =
        ToldRequest(model.parts(), small_request({{"prompt", prompt}, {"lora_dir", folder.path().string()}}));
    EXPECT_EQ(told.request().prompt, "apple");
    return encode_prompts(model.parts(), told.request()).prompt.context;
  };
  const Tensor plain = context("apple");
  EXPECT_TRUE(context("apple<lora:demo:te=0:unet=1>").equal(plain));
  EXPECT_FALSE(context("apple<lora:demo:te=1:unet=0>").equal(plain));
}

TEST(ToldRequest, BadTagsAreRefusedBeforeTheModelIsLoaded) {
  formats::expect_error(ErrorKind::invalid_request, "prompt: read the tag \"<lora:x:much>\"", [] {
    small_request({{"prompt", "<lora:x:much>"}});
  });
  EXPECT_NO_THROW(small_request({{"negative_prompt", "<lora:x:much>"}}));
  EXPECT_NO_THROW(small_request({{"prompt", "a # <lora:x:much>"}}));  // a comment
}

}  // namespace
}  // namespace darkroom::generate
