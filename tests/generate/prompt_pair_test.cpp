#include "generate/prompt_pair.h"

#include <gtest/gtest.h>

#include "support/parity.h"
#include "support/tiny_model.h"

namespace darkroom::generate {
namespace {

class PromptPairTest : public testing::TestWithParam<std::string> {};

// What the diffusers pipelines told the UNet for the same texts and size.
TEST_P(PromptPairTest, IsWhatTheReferencePipelineTells) {
  const LoadedModel model({.model = tiny_model(GetParam())});
  const PromptPair pair = encode_prompts(model.parts(), completed_request({{"prompt", "a red apple on the blue moon"},
                                                                           {"negative_prompt", "the dog"},
                                                                           {"width", "64"},
                                                                           {"height", "64"}}));
  EXPECT_LT(relative_error(pair.prompt.context, parity(GetParam(), "euler.context")), 1e-4);
  EXPECT_LT(relative_error(pair.negative.context, parity(GetParam(), "euler.negative_context")), 1e-4);
  if (GetParam() != "sdxl") return;
  EXPECT_LT(relative_error(pair.prompt.vector, parity("sdxl", "euler.vector")), 1e-4);
  EXPECT_LT(relative_error(pair.negative.vector, parity("sdxl", "euler.negative_vector")), 1e-4);
}

INSTANTIATE_TEST_SUITE_P(Families, PromptPairTest, testing::Values("sd15", "sd21", "sdxl"));

// Diffusers' load_textual_inversion: tests/golden/make_textual_inversion.py.
TEST_P(PromptPairTest, EmbeddingsAreThoseOfTheReference) {
  const std::string family = GetParam();
  const LoadedModel model({.model = tiny_model(family)});
  const std::string moon = family == "sd15" ? "moonword" : "moon";
  const GenerateRequest request =
      completed_request({{"prompt", "a red appleword on the blue " + moon},
                         {"negative_prompt", "appleword, the dog"},
                         {"embeddings_dir", std::string(DARKROOM_TESTS_DIR) + "/golden/embeddings/" + family},
                         {"width", "64"},
                         {"height", "64"}});
  const PromptPlan plan = plan_prompts(model.parts(), request, 20);
  const models::Conditioning &prompt = plan.parts[0].texts[0].text, &negative = plan.negative[0].text;
  const auto expected = [&](const std::string& name) { return parity("embeddings", family + "." + name); };
  EXPECT_LT(relative_error(prompt.context, expected("context")), 1e-4);
  EXPECT_LT(relative_error(negative.context, expected("negative_context")), 1e-4);
  if (family == "sdxl") {
    const auto pooled = [](const Tensor& vector, const Tensor& like) { return vector.narrow(1, 0, like.size(1)); };
    EXPECT_LT(relative_error(pooled(prompt.vector, expected("pooled")), expected("pooled")), 1e-4);
    EXPECT_LT(relative_error(pooled(negative.vector, expected("pooled")), expected("negative_pooled")), 1e-4);
  }
  EXPECT_TRUE(plan.embedding_hashes.starts_with("appleword: "));
  EXPECT_EQ(plan.embedding_hashes.find("moonword: ") != std::string::npos, family == "sd15");
}

TEST(PromptPair, EmptyNegativePromptOfSdxlIsZerosButABlankIsText) {
  const LoadedModel model({.model = tiny_model("sdxl")});
  const PromptPair empty = encode_prompts(model.parts(), small_request());
  EXPECT_EQ(empty.negative.context.abs().max().item<float>(), 0);
  const int64_t pooled = empty.negative.vector.size(1) - 6 * model.parts().checkpoint.description.size_embedding;
  EXPECT_EQ(empty.negative.vector.narrow(1, 0, pooled).abs().max().item<float>(), 0);
  EXPECT_GT(empty.negative.vector.abs().max().item<float>(), 0);  // sizes are told all the same
  const PromptPair blank = encode_prompts(model.parts(), small_request({{"negative_prompt", " "}}));
  EXPECT_GT(blank.negative.context.abs().max().item<float>(), 0);
}

TEST(PromptPair, NegativeIsNotEncodedAtCfgScaleOne) {
  const LoadedModel model({.model = tiny_model("sd15")});
  EXPECT_FALSE(encode_prompts(model.parts(), small_request({{"cfg_scale", "1"}})).negative.context.defined());
}

}  // namespace
}  // namespace darkroom::generate
