#include "generate/explained_now.h"

#include <gtest/gtest.h>

namespace darkroom::generate {
namespace {

std::string now_of(const std::string& field, const GenerateRequest& request, const RequestFacts& facts = {}) {
  return explained_now(field, request, facts);
}

TEST(ExplainedNow, CountsTheCallsOfAPicture) {
  GenerateRequest request;
  request.sampler = "Heun", request.steps = 10;
  EXPECT_EQ(now_of("steps", request), "10 steps: about 40 model calls a picture, half of them for the negative prompt");
  request.cfg_scale = 1;
  EXPECT_EQ(now_of("steps", request), "10 steps: about 20 model calls a picture");
  EXPECT_EQ(now_of("negative_prompt", request), "no effect: at CFG 1 it is not computed");
  request.hires = true, request.sampler = "Euler", request.hires_steps = 5;
  EXPECT_EQ(now_of("steps", request), "10 steps and 5 of the second pass: about 15 model calls a picture");
}

TEST(ExplainedNow, CountsStepsOfAPictureThatIsThere) {
  GenerateRequest request;
  EXPECT_EQ(now_of("denoising_strength", request), "no effect: there is no picture to start from");
  request.init_image = "a.png", request.denoising_strength = 0.75;  // int(0.75 * 20) + 1
  EXPECT_EQ(now_of("denoising_strength", request), "0.75: 16 steps of 20 will run");
  request.exact_steps = true;
  EXPECT_EQ(now_of("denoising_strength", request), "0.75: 20 steps of a longer run will run");
}

TEST(ExplainedNow, SaysWhatASamplerDoes) {
  GenerateRequest request;
  EXPECT_EQ(now_of("sampler_name", request), "DPM++ 2M settles with more steps; 1 call a step");
  request.sampler = "Euler a";
  EXPECT_EQ(now_of("sampler_name", request), "Euler a keeps changing with more steps; 1 call a step");
  request.eta = 0;
  EXPECT_EQ(now_of("sampler_name", request), "Euler a settles with more steps; 1 call a step");
}

TEST(ExplainedNow, KnowsTheTextEncodersLayers) {
  GenerateRequest request;
  request.clip_skip = 2;
  EXPECT_EQ(now_of("clip_skip", request, {.family = "SD 1.x", .text_layers = 12}),
            "layer 11 of 12 is read, which saves 8 % of the text encoder's time");
  request.clip_skip = 5;
  EXPECT_EQ(now_of("clip_skip", request, {.family = "SD 1.x", .text_layers = 3}),
            "refused: the text encoder has 3 layers");
}

TEST(ExplainedNow, ListsSeeds) {
  GenerateRequest request;
  request.seed = 7, request.batch_size = 3;
  EXPECT_EQ(now_of("seed", request), "7, 8, 9");
  request.batch_count = 4;
  EXPECT_EQ(now_of("seed", request), "7, 8, 9, 10, ... 18");
  request.variation_strength = 0.1;
  EXPECT_EQ(now_of("seed", request), "all pictures begin with 7; what varies is the variation seed");
}

TEST(ExplainedNow, SaysThePrecisionOfThisProcessor) {
  GenerateRequest request;
  EXPECT_EQ(now_of("precision", request, {.has_bf16 = true}), "here bf16, because this processor computes it directly");
  EXPECT_EQ(now_of("precision", request, {.has_bf16 = false}),
            "here fp32, because this processor does not compute bf16 directly");
}

TEST(ExplainedNow, KnowsTheSizes) {
  GenerateRequest request;
  EXPECT_EQ(now_of("width", request, {.own_width = 512, .own_height = 768}),
            "512 x 768 pixels are 64 x 96 latents, the model's own size");
  request.width = request.height = 512, request.hires = true;
  EXPECT_EQ(now_of("enable_hr", request), "512 x 512 becomes 1024 x 1024: 20 more steps on 4 times the pixels");
}

}  // namespace
}  // namespace darkroom::generate
