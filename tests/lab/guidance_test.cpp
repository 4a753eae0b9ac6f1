#include "lab/guidance.h"

#include <gtest/gtest.h>

#include <cmath>

#include "support/tiny_model.h"

namespace darkroom::lab {
namespace {

GuidanceReport measured(const std::string& negative_prompt, const char* rescale = "0") {
  return measure_guidance({{"prompt", "a red apple"},
                           {"guidance_rescale", rescale},
                           {"negative_prompt", negative_prompt},
                           {"model", generate::tiny_model("sd15")},
                           {"precision", "fp32"},
                           {"seed", "1"},
                           {"steps", "3"},
                           {"width", "32"},
                           {"height", "32"},
                           {"sampler_name", "Heun"},
                           {"scheduler", "Karras"}},
                          {0, 1, 7}, ignore_progress);
}

// guided = u + w (c - u): at 0 it is u, at 1 it is c; at every scale the first call sees the same noise.
TEST(Guidance, CallsFollowTheFormula) {
  const GuidanceReport report = measured("the dog");
  ASSERT_EQ(report.runs.size(), 3u);
  for (const GuidanceRun& run : report.runs) ASSERT_EQ(run.calls.size(), 5u) << "Heun: two a step, one in the last";
  const GuidanceCall &at0 = report.runs[0].calls[0], &at1 = report.runs[1].calls[0], &at7 = report.runs[2].calls[0];
  EXPECT_NEAR(at0.guided, at0.unconditional, 1e-6);
  EXPECT_NEAR(at1.guided, at1.conditional, 1e-6);
  EXPECT_NEAR(at1.unconditional, at0.unconditional, 1e-6);
  EXPECT_NEAR(at7.conditional, at1.conditional, 1e-5);
  EXPECT_NEAR(at7.difference, at1.difference, 1e-5);
  EXPECT_GT(at1.difference, 0);
  // |u + 7 d| lies within the triangle.
  EXPECT_LT(std::abs(at7.guided - at7.unconditional), 7 * at7.difference + 1e-6);
}

// Sizes are those of the formula, before an answer is rescaled.
TEST(Guidance, RescalingChangesThePictureNotWhatIsSeenOfTheFirstCall) {
  const GuidanceReport plain = measured("the dog"), rescaled = measured("the dog", "0.7");
  EXPECT_EQ(rescaled.runs[2].calls[0].guided, plain.runs[2].calls[0].guided);
  EXPECT_EQ(rescaled.runs[2].calls[0].conditional, plain.runs[2].calls[0].conditional);
  EXPECT_NE(rescaled.runs[2].picture.pixels, plain.runs[2].picture.pixels);
}

TEST(Guidance, NegativePromptsMatterButAtScaleOne) {
  const GuidanceReport report = measured("the dog");
  EXPECT_TRUE(std::isinf(report.runs[1].psnr_without_negative)) << "CFG 1 never asks it";
  EXPECT_TRUE(std::isfinite(report.runs[2].psnr_without_negative));
  const GuidanceReport none = measured("");
  EXPECT_TRUE(std::isnan(none.runs[2].psnr_without_negative));
  EXPECT_TRUE(none.runs[2].without_negative.pixels.empty());
}

TEST(Guidance, WatchingDoesNotChangeThePicture) {
  const generate::LoadedModel model({.model = generate::tiny_model("sd15"), .precision = "fp32"});
  const auto picture = generate::pictures_of(
      model,
      generate::small_request(
          {{"cfg_scale", "7"}, {"steps", "3"}, {"sampler_name", "Heun"}, {"scheduler", "Karras"}, {"seed", "1"}}));
  EXPECT_EQ(measured("").runs[2].picture.pixels, picture.at(0).image.pixels);
}

TEST(Guidance, SaturationAndClippingOfAPicture) {
  Image image(2, 2, 3);
  image.pixels = {255, 0, 0, 100, 100, 100, 200, 100, 150, 0, 0, 0};
  EXPECT_NEAR(mean_saturation(image), (1 + 0 + 0.5 + 0) / 4, 1e-12);
  EXPECT_NEAR(clipped_share(image), 6.0 / 12, 1e-12);
}

}  // namespace
}  // namespace darkroom::lab
