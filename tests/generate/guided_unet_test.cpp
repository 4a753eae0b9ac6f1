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
