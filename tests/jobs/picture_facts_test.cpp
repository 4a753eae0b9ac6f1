#include "jobs/picture_facts.h"

#include <gtest/gtest.h>

namespace darkroom::jobs {
namespace {

TEST(PictureFacts, ReadsTheRecipe) {
  const PictureFacts facts = picture_facts(
      "a cat <lora:ink:0.8>, <lyco:line:1> <lora:ink:oops> <hypernet:x:1> <lora::1>\nNegative prompt: <lora:not:1>\n"
      "Steps: 12, Sampler: DPM++ 2M, CFG scale: 6.5, Seed: 4, Size: 512x768, Model: \"emoji, mine\", Hires steps: 3",
      "generate", R"({"settings": {"prompt": "a cat"}})");
  EXPECT_EQ(facts.model, "emoji, mine");
  EXPECT_EQ(facts.sampler, "DPM++ 2M");
  EXPECT_EQ(facts.size, "512x768");
  EXPECT_EQ(facts.cfg, "6.5");
  EXPECT_EQ(facts.steps, "12");
  EXPECT_EQ(facts.made_by, "txt2img");
  EXPECT_EQ(facts.loras, (std::vector<std::string>{"ink", "line"}));
}

TEST(PictureFacts, SaysWhatItWasMadeFrom) {
  const auto made_by = [](const std::string& kind, const std::string& request) {
    return picture_facts("", kind, request).made_by;
  };
  EXPECT_EQ(made_by("generate", R"({"settings": {"init_image": "upload:1"}})"), "img2img");
  EXPECT_EQ(made_by("generate", R"({"settings": {"init_image": "upload:1", "mask": "upload:2"}})"), "inpaint");
  EXPECT_EQ(made_by("generate", R"({"settings": {"init_image": "", "mask": "upload:2"}})"), "txt2img");
  EXPECT_EQ(made_by("xyz", ""), "xyz");
  EXPECT_EQ(made_by("", ""), "") << "the job is gone";
}

TEST(PictureFacts, IsEmptyWhereNothingIsTold) {
  for (const char* damaged : {"", "{", "[]", "\"a\"", R"({"settings": []})", R"({"settings": {"init_image": 3}})"})
    EXPECT_EQ(picture_facts("", "generate", damaged).made_by, "txt2img") << damaged;
  const PictureFacts facts = picture_facts("no fields", "", "");
  EXPECT_EQ(facts.model + facts.sampler + facts.size + facts.cfg + facts.steps, "");
  EXPECT_TRUE(facts.loras.empty());
}

}  // namespace
}  // namespace darkroom::jobs
