#include "generate/guided_unet.h"

#include <gtest/gtest.h>

#include "support/parity.h"
#include "support/tiny_model.h"

namespace darkroom::generate {
namespace {

constexpr double kSameArithmetic = 1e-5;  // fp32, sums in another order

struct Scene {
  LoadedModel model;
  Tensor x;
  explicit Scene(const std::string& name, bool bf16 = false)
      : model({.model = tiny_model(name), .precision = bf16 ? "bf16" : "fp32", .has_bf16 = bf16}) {
    at::manual_seed(3);
    x = at::randn({2, 4, 8, 8}) * 2;
  }
  PromptPair pair(const std::string& prompt, const std::string& negative) const {
    return encode_prompts(model.parts(), small_request({{"prompt", prompt}, {"negative_prompt", negative}}));
  }
  Tensor answer(const PromptPair& pair, double scale) const {
    NoGrad guard;
    return guided_unet(model.parts(), pair, scale, 2)(x, 2.0);
  }
};

class GuidedUNet : public testing::TestWithParam<std::string> {};

TEST_P(GuidedUNet, IsTheGuidanceFormulaInOneCallAndInTwo) {
  const Scene scene(GetParam());
  const std::string long_text = "a red apple BREAK on the blue moon";
  for (const std::string& negative : {std::string("the dog"), long_text}) {
    const PromptPair pair = scene.pair("a red apple", negative);
    const Tensor c = scene.answer(pair, 1), u = scene.answer({pair.negative, pair.prompt}, 1);
    EXPECT_LT(relative_error(scene.answer(pair, 4.5), u + (c - u) * 4.5), kSameArithmetic) << negative;
    EXPECT_GT(relative_error(c, u), 1e-3);  // the texts matter
  }
}

TEST_P(GuidedUNet, PlansChangeByTheCall) {
  const Scene scene(GetParam());
  NoGrad guard;
  const GenerateRequest request =
      small_request({{"prompt", "a [red:blue:2] apple"}, {"negative_prompt", "the [dog|cat]"}, {"steps", "4"}});
  const PromptPlan plan = plan_prompts(scene.model.parts(), request, 4);
  ASSERT_EQ(plan.parts.size(), 1u);
  EXPECT_EQ(plan.parts[0].texts.size(), 2u);
  EXPECT_EQ(plan.negative.size(), 4u);
  const diffusion::Denoiser denoise = guided_unet(scene.model.parts(), plan, 3, 2);
  // Calls 0 and 1 take the alternation's first option, as in the reference.
  const std::vector<std::pair<const char*, const char*>> said = {
      {"a red apple", "the dog"},  {"a red apple", "the dog"},  {"a red apple", "the cat"},
      {"a blue apple", "the dog"}, {"a blue apple", "the cat"}, {"a blue apple", "the cat"}};
  for (size_t call = 0; call < said.size(); ++call) {
    const PromptPair now = scene.pair(said[call].first, said[call].second);
    EXPECT_LT(relative_error(denoise(scene.x, 2.0), scene.answer(now, 3)), kSameArithmetic) << call;
  }
}

TEST_P(GuidedUNet, PartsAreAddedWithTheirWeights) {
  const Scene scene(GetParam());
  NoGrad guard;
  const auto c = [&](const char* prompt) { return scene.answer(scene.pair(prompt, "the dog"), 1); };
  const Tensor u = scene.answer({scene.pair("x", "the dog").negative, {}}, 1);
  const GenerateRequest request =
      small_request({{"prompt", "a red apple AND the blue moon:0.5 AND a cat :-1"}, {"negative_prompt", "the dog"}});
  const PromptPlan plan = plan_prompts(scene.model.parts(), request, 4);
  Tensor unconditional;
  const Tensor found = guided_unet(scene.model.parts(), plan, 4, 2, &unconditional)(scene.x, 2.0);
  const Tensor expected = u + (c("a red apple") - u) * 4 + (c(" the blue moon") - u) * 2 - (c(" a cat") - u) * 4;
  EXPECT_LT(relative_error(found, expected), 3 * kSameArithmetic);
  EXPECT_LT(relative_error(unconditional, u), kSameArithmetic);
}

INSTANTIATE_TEST_SUITE_P(Families, GuidedUNet, testing::Values("sd15", "sd21", "sdxl"));

TEST(GuidedUNetBf16, IsNearFp32ButNotTheSame) {
  const Scene exact("sd15"), rounded("sd15", /*bf16=*/true);
  const PromptPair pair = exact.pair("a red apple", "the dog");
  const Tensor found = rounded.answer(pair, 1);
  EXPECT_EQ(found.scalar_type(), at::kFloat);
  const double error = relative_error(found, exact.answer(pair, 1));
  EXPECT_GT(error, 1e-6);
  // Every rounding is off by up to 2^-9 and their errors add like a random walk: (0.04 / 2^-9)² = 400 of them in a row.
  // A processor without bf16 rounds after each operation, one with it only after each sum of products, and is nearer.
  EXPECT_LT(error, 0.04);
}

}  // namespace
}  // namespace darkroom::generate
