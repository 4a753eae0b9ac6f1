#include "generate/hires.h"

#include <gtest/gtest.h>

#include "formats/support.h"
#include "generate/latent_upscaling.h"
#include "generate/latents.h"
#include "generate/tensor_image.h"
#include "support/parity.h"
#include "support/tiny_model.h"

namespace darkroom::generate {
namespace {

using formats::expect_error;

GenerateRequest sized(int width, int height, Settings said) {
  said.insert({{"width", std::to_string(width)}, {"height", std::to_string(height)}});
  return completed_request(said);
}

Sampling first_pass(const LoadedModel& model, const GenerateRequest& request) {
  return sampling_of(request, model.parts().noise_schedule, is_sdxl(model.parts()));
}

// By A1111's calculate_target_resolution.
TEST(Hires, SizesFollowScaleOrShape) {
  EXPECT_EQ(hires_size(sized(512, 768, {{"hr_scale", "2"}}), 8), (HiresSize{1024, 1536, 0, 0}));
  EXPECT_EQ(hires_size(sized(512, 512, {{"hr_scale", "1.3"}}), 8), (HiresSize{665, 665, 0, 0}));
  EXPECT_EQ(hires_size(sized(512, 768, {{"hr_resize_x", "1000"}}), 8), (HiresSize{1000, 1500, 0, 0}));
  EXPECT_EQ(hires_size(sized(512, 768, {{"hr_resize_y", "1000"}}), 8), (HiresSize{666, 1000, 0, 0}));
  // Narrower than wanted: the width is filled, rows stand over.
  EXPECT_EQ(hires_size(sized(512, 768, {{"hr_resize_x", "1024"}, {"hr_resize_y", "1024"}}), 8),
            (HiresSize{1024, 1536, 0, 64}));
  EXPECT_EQ(hires_size(sized(768, 512, {{"hr_resize_x", "1000"}, {"hr_resize_y", "1000"}}), 8),
            (HiresSize{1500, 1000, 62, 0}));
}

TEST(Hires, SizesThatNoPictureHasAreRefused) {
  expect_error(ErrorKind::invalid_request, "it would be 131072x8192", [] {
    hires_size(sized(8192, 512, {{"hr_scale", "16"}}), 8);
  });
  expect_error(ErrorKind::invalid_request, "it would be 8x0", [] {
    hires_size(sized(8192, 512, {{"hr_resize_x", "8"}}), 8);
  });
}

TEST(Hires, TheSecondPassIsARequestOfItsOwn) {
  const GenerateRequest first = sized(64, 64, {{"prompt", "a"}, {"negative_prompt", "b"}, {"steps", "9"}});
  const GenerateRequest same = hires_request(first, {128, 96, 0, 0});
  EXPECT_EQ(same.width, 128);
  EXPECT_EQ(same.height, 96);
  EXPECT_EQ(same.prompt, "a");
  EXPECT_EQ(same.steps, 9);
  Settings said = {{"hr_prompt", "c"},           {"hr_negative_prompt", "d"}, {"hr_second_pass_steps", "4"},
                   {"hr_sampler_name", "Euler"}, {"hr_scheduler", "Karras"},  {"enable_hr", "True"}};
  const GenerateRequest other = hires_request(sized(64, 64, said), {128, 96, 0, 0});
  EXPECT_EQ(other.prompt, "c");
  EXPECT_EQ(other.negative_prompt, "d");
  EXPECT_EQ(other.steps, 4);
  EXPECT_EQ(other.sampler, "Euler");
  EXPECT_EQ(other.schedule, "Karras");
}

class HiresScene {
 public:
  HiresScene() : model_({.model = tiny_model("sd15"), .precision = "fp32"}) {
    at::manual_seed(2);
    latents_ = at::randn({2, 4, 8, 8});
  }
  Tensor made(Settings said) const {
    NoGrad guard;
    said.insert({{"enable_hr", "True"}, {"steps", "4"}, {"width", "32"}, {"height", "32"}, {"prompt", "a red apple"}});
    GenerateRequest request = completed_request(said);
    if (request.denoising_strength < 0) request.denoising_strength = 0.7;
    return HiresPass(model_.parts(), request, first_pass(model_, request)).run({.seeds = {42, 43}}, latents_);
  }
  const LoadedModel& model() const { return model_; }
  const Tensor& latents() const { return latents_; }

 private:
  LoadedModel model_;
  Tensor latents_;
};

TEST(Hires, AtStrengthZeroOnlyEnlarges) {
  const HiresScene scene;
  for (const std::string& name : latent_upscaler_names()) {
    const Tensor found = scene.made({{"denoising_strength", "0"}, {"hr_upscaler", name}});
    EXPECT_TRUE(found.equal(enlarged_latents(scene.latents(), name, 16, 16))) << name;
  }
  NoGrad guard;
  const auto& parts = scene.model().parts();
  const Tensor found = scene.made({{"denoising_strength", "0"}, {"hr_upscaler", "Nearest"}});
  for (int i = 0; i < 2; ++i) {
    const Image image = decoded(parts, scene.latents()[i]);
    Image large(64, 64, 3);
    for (int y = 0; y < 64; ++y)
      for (int x = 0; x < 64; ++x) std::copy_n(image.pixel(x / 2, y / 2), 3, large.pixel(x, y));
    EXPECT_LT(relative_error(found[i], encoded(parts, image_tensor(large))[0]), 1e-5);
  }
}

TEST(Hires, WhatStandsOverIsCutOffOnBothSides) {
  const HiresScene scene;
  const Tensor found = scene.made({{"denoising_strength", "0"}, {"hr_resize_x", "64"}, {"hr_resize_y", "40"}});
  EXPECT_TRUE(found.equal(enlarged_latents(scene.latents(), "Latent", 16, 16).narrow(2, 3, 10)));
}

TEST(Hires, WalksAsManyStepsAsAskedAndDoesNotDependOnTheBatch) {
  const HiresScene scene;
  NoGrad guard;
  const GenerateRequest request = completed_request({{"enable_hr", "True"},
                                                     {"steps", "7"},
                                                     {"hr_second_pass_steps", "5"},
                                                     {"width", "32"},
                                                     {"height", "32"},
                                                     {"denoising_strength", "0.4"}});
  const HiresPass pass(scene.model().parts(), request, first_pass(scene.model(), request));
  EXPECT_EQ(pass.sampling().steps(), 5);
  std::vector<int> steps;
  const Tensor both = pass.run({.seeds = {42, 43}, .on_step = [&](int done, const Tensor&) { steps.push_back(done); }},
                               scene.latents());
  EXPECT_EQ(steps, (std::vector<int>{1, 2, 3, 4, 5}));
  const Tensor second = pass.run({.seeds = {43}}, scene.latents().narrow(0, 1, 1));
  EXPECT_LT(relative_error(both.narrow(0, 1, 1), second), 1e-4);
}

TEST(Hires, PromptsOfTheSecondPassCountItsCalls) {
  const HiresScene scene;
  const auto said = [&](const char* prompt) { return scene.made({{"prompt", prompt}}); };
  // Shares from 1 to 2 are those of the second pass, whole numbers go on counting after the first.
  EXPECT_TRUE(said("a [red:blue:0.5] apple").equal(said("a blue apple")));
  EXPECT_TRUE(said("a [red:blue:1.99] apple").equal(said("a red apple")));
  EXPECT_FALSE(said("a [red:blue:1.25] apple").equal(said("a red apple")));
  EXPECT_TRUE(said("a [red:blue:1.25] apple").equal(said("a [red:blue:5] apple")));
}

TEST(Hires, UnknownUpscalersAreRefusedFirst) {
  const HiresScene scene;
  expect_error(ErrorKind::not_found, "--hires-upscaler: find the upscaler \"Lantent\"", [&] {
    scene.made({{"hr_upscaler", "Lantent"}});
  });
}

}  // namespace
}  // namespace darkroom::generate
