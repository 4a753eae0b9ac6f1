// Whole runs that start from a picture or go through two passes.
#include <gtest/gtest.h>

#include <set>

#include "formats/support.h"
#include "generate/infotext.h"
#include "imaging/golden.h"
#include "imaging/resize.h"
#include "support/tiny_model.h"

namespace darkroom::generate {
namespace {

using formats::expect_error;
using imaging::pattern;
using imaging::same;

const LoadedModel& picture_model() {
  static const LoadedModel model({.model = tiny_model("sd15"), .precision = "fp32"});
  return model;
}

const LoadedModel& inpainting_model() {
  static const LoadedModel model({.model = tiny_model("inpaint.safetensors"), .precision = "fp32"});
  return model;
}

/// "p" is a picture, "m" a mask of its left half, "blank" a mask of nothing.
Image read_named(const std::string& name) {
  if (name == "p") return imaging::resized(pattern(8, 8, 3), 32, 32, imaging::Resample::bicubic);
  Image mask(32, 32, 1);
  for (int y = 0; y < 32; ++y)
    for (int x = 0; x < 16; ++x) *mask.pixel(x, y) = name == "m" ? 255 : 0;
  return mask;
}

Picture picture_of(const Settings& said, const LoadedModel& model = picture_model()) {
  return pictures_of(model, small_request(said), {.read_picture = read_named}).at(0);
}

Settings from_picture(Settings said = {}) {
  said.insert({{"init_image", "p"}, {"steps", "4"}});
  return said;
}

TEST(Img2Img, StrengthGoesFromThePictureToThePrompt) {
  const auto off = [](const char* strength) {
    const Image made = picture_of(from_picture({{"denoising_strength", strength}})).image;
    const Image kept = picture_of(from_picture({{"denoising_strength", "0"}, {"img2img_fix_steps", "True"}})).image;
    double sum = 0;
    for (size_t i = 0; i < made.pixels.size(); ++i) sum += std::abs(int(made.pixels[i]) - int(kept.pixels[i]));
    return sum / double(made.pixels.size());
  };
  const double little = off("0"), some = off("0.4"), all = off("1");
  EXPECT_GT(little, 0);  // one step at the lowest level
  EXPECT_LT(little, some);
  EXPECT_LT(some, all);
}

TEST(Img2Img, StrengthOneStillHasSomethingOfThePicture) {
  EXPECT_NE(picture_of(from_picture({{"denoising_strength", "1"}})).image.pixels,
            picture_of({{"steps", "4"}}).image.pixels);
}

TEST(Img2Img, SamplersOfEveryKindMakeAPicture) {
  std::set<std::vector<uint8_t>> made;
  const auto make = [&](const char* sampler, const char* profile) {
    const Settings said = {
        {"sampler_name", sampler}, {"profile", profile}, {"denoising_strength", "0.6"}, {"steps", "4"}};
    EXPECT_TRUE(made.insert(picture_of(from_picture(said)).image.pixels).second) << sampler << " " << profile;
  };
  for (const char* sampler : {"Euler a", "DPM++ 2M SDE", "DPM fast", "LCM", "DDIM"}) make(sampler, "darkroom");
  for (const char* sampler : {"DPM++ 2M SDE", "DDIM", "DDIM CFG++", "PLMS", "UniPC"}) make(sampler, "a1111-1.10");
}

TEST(Img2Img, WhatIsSaidMatters) {
  const auto plain = picture_of(from_picture()).image.pixels;
  EXPECT_EQ(picture_of(from_picture({{"denoising_strength", "0.75"}})).image.pixels, plain);
  for (const Settings& said : {Settings{{"initial_noise_multiplier", "0.5"}},
                               {{"img2img_extra_noise", "0.3"}},
                               {{"img2img_fix_steps", "True"}},
                               {{"seed", "9"}},
                               {{"subseed_strength", "0.5"}, {"subseed", "3"}}})
    EXPECT_NE(picture_of(from_picture(said)).image.pixels, plain) << said.begin()->first;
}

TEST(Img2Img, PicturesDoNotDependOnTheirBatch) {
  const auto batch =
      pictures_of(picture_model(), small_request(from_picture({{"batch_size", "2"}})), {.read_picture = read_named});
  const Image alone = picture_of(from_picture({{"seed", "43"}})).image;
  int most = 0;
  for (size_t i = 0; i < alone.pixels.size(); ++i)
    most = std::max(most, std::abs(int(batch[1].image.pixels[i]) - int(alone.pixels[i])));
  EXPECT_LE(most, 1);  // sums in another order may cross one rounding border
}

TEST(Inpaint, WhatIsNotMaskedStaysToTheBit) {
  for (const LoadedModel* model : {&picture_model(), &inpainting_model()}) {
    const Image made = picture_of(from_picture({{"mask", "m"}, {"mask_blur", "0"}}), *model).image;
    const Image before = read_named("p");
    for (int y = 0; y < 32; ++y)
      for (int x = 16; x < 32; ++x) ASSERT_EQ(*made.pixel(x, y), *before.pixel(x, y)) << x << " " << y;
    EXPECT_FALSE(same(made, before));
  }
}

TEST(Inpaint, WhatIsSaidMatters) {
  const Settings masked = {{"mask", "m"}, {"denoising_strength", "1"}};
  const auto made = [&](Settings said) {
    said.insert(masked.begin(), masked.end());
    return picture_of(from_picture(said)).image.pixels;
  };
  std::set<std::vector<uint8_t>> different = {made({})};
  for (const Settings& said : {Settings{{"mask_blur", "1"}},
                               {{"mask_blur_x", "0"}},
                               {{"inpainting_mask_invert", "1"}},
                               {{"inpaint_full_res", "1"}, {"inpaint_full_res_padding", "2"}},
                               {{"inpainting_fill", "fill"}},
                               {{"inpainting_fill", "latent noise"}},
                               {{"inpainting_fill", "latent nothing"}},
                               {{"mask_round", "False"}}})
    EXPECT_TRUE(different.insert(made(said)).second) << said.begin()->first << " " << said.begin()->second;
}

TEST(Inpaint, ABlankMaskForOnlyMaskedIsImg2Img) {
  EXPECT_EQ(picture_of(from_picture({{"mask", "blank"}, {"inpaint_full_res", "1"}})).image.pixels,
            picture_of(from_picture()).image.pixels);
  EXPECT_TRUE(same(picture_of(from_picture({{"mask", "blank"}})).image, read_named("p")));
}

TEST(Hires, ASecondPassIsLarger) {
  for (const Settings& said : {Settings{},
                               {{"hr_upscaler", "Lanczos"}},
                               {{"hr_upscaler", "Latent (nearest-exact)"}, {"hr_sampler_name", "Euler a"}},
                               {{"hr_second_pass_steps", "3"}, {"hr_prompt", "the cat"}}}) {
    Settings hires = said;
    hires.insert({{"enable_hr", "True"}, {"steps", "3"}});
    const Picture picture = picture_of(hires);
    EXPECT_EQ(picture.image.width, 64);
    EXPECT_EQ(picture.image.height, 64);
    // The recipe makes it again.
    const Settings read = infotext_settings(parse_infotext(picture.infotext));
    EXPECT_EQ(read.at("enable_hr"), "True");
    EXPECT_EQ(read.at("width"), "32");
    const Picture again = pictures_of(picture_model(), completed_request(read)).at(0);
    EXPECT_TRUE(same(again.image, picture.image));
    EXPECT_EQ(again.infotext, picture.infotext);
  }
  EXPECT_EQ(picture_of({{"enable_hr", "True"}, {"hr_resize_x", "48"}, {"hr_resize_y", "40"}}, inpainting_model())
                .image.height,
            40);
}

TEST(Hires, NoiseFromOutsideIsTheFirstPasss) {
  int calls = 0;
  const auto count = [&](int, std::span<float> noise) {
    EXPECT_EQ(noise.size(), 4u * 8 * 8);
    ++calls;
  };
  pictures_of(picture_model(), small_request({{"enable_hr", "True"}}), {.starting_noise = count});
  EXPECT_EQ(calls, 1);
}

TEST(Hires, ReportsTheStepsOfBothPasses) {
  std::vector<std::string> events;
  const auto note = [&](const ProgressEvent& event) {
    if (event.stage == "sampling") events.push_back(std::to_string(event.step) + "/" + std::to_string(event.total));
  };
  pictures_of(picture_model(), small_request({{"enable_hr", "True"}, {"hr_second_pass_steps", "3"}}),
              {.on_progress = note});
  EXPECT_EQ(events, (std::vector<std::string>{"0/5", "1/5", "2/5", "2/5", "3/5", "4/5", "5/5"}));
}

TEST(Recipe, SaysWhatActedInA1111sOrder) {
  const auto recipe = [](const Settings& said, const LoadedModel& model = picture_model()) {
    const std::string text = picture_of(said, model).infotext;
    const size_t from = text.find("Model: ");
    return text.substr(from, text.find(", Profile") - from);
  };
  EXPECT_EQ(recipe({}), "Model: sd15, RNG: CPU");
  EXPECT_EQ(recipe(from_picture()), "Model: sd15, Denoising strength: 0.75, RNG: CPU");
  EXPECT_EQ(recipe(from_picture({{"mask", "m"}})), "Model: sd15, Denoising strength: 0.75, RNG: CPU, Mask blur: 4");
  EXPECT_EQ(recipe(from_picture({{"mask", "m"},
                                 {"inpainting_mask_invert", "1"},
                                 {"inpaint_full_res", "1"},
                                 {"inpainting_fill", "0"},
                                 {"initial_noise_multiplier", "0.5"},
                                 {"img2img_extra_noise", "0.1"},
                                 {"resize_mode", "1"}})),
            "Model: sd15, Denoising strength: 0.75, RNG: CPU, Mask mode: Inpaint not masked, Mask blur: 4, Inpaint "
            "area: Only masked, Masked area padding: 32, Masked content: fill, Resize mode: Crop and resize, Noise "
            "multiplier: 0.5, Extra noise: 0.1");
  EXPECT_EQ(recipe(from_picture({{"mask", "m"}, {"mask_blur_x", "0"}})),
            "Model: sd15, Denoising strength: 0.75, RNG: CPU, Mask blur x: 0, Mask blur y: -1");
  EXPECT_EQ(recipe(from_picture({{"inpainting_mask_weight", "0.5"}}), inpainting_model()),
            "Model: inpaint, Denoising strength: 0.75, Conditional mask weight: 0.5, RNG: CPU");
  EXPECT_EQ(recipe({{"enable_hr", "True"},
                    {"hr_sampler_name", "Euler"},
                    {"hr_prompt", "a, b"},
                    {"hr_scheduler", "Exponential"},
                    {"hr_second_pass_steps", "3"},
                    {"hr_scale", "1.5"}}),
            "Model: sd15, Denoising strength: 0.7, RNG: CPU, Hires sampler: Euler, Hires prompt: \"a, b\", Hires "
            "schedule type: Exponential, Hires upscale: 1.5, Hires steps: 3, Hires upscaler: Latent");
  EXPECT_EQ(recipe({{"enable_hr", "True"}, {"hr_resize_x", "64"}}),
            "Model: sd15, Denoising strength: 0.7, RNG: CPU, Hires resize: 64x0, Hires upscaler: Latent");
}

TEST(Recipe, OfA1111IsRead) {
  const Settings read = infotext_settings(parse_infotext(
      "a cat\nSteps: 20, Sampler: Euler, CFG scale: 7, Seed: 1, Size: 512x512, Denoising strength: 0.5, Hires prompt: "
      "\"a, dog\", Hires resize: 1024x0, Hires steps: 8, Hires upscaler: R-ESRGAN 4x+, Mask mode: Inpaint not masked, "
      "Mask blur: 8, Inpaint area: Only masked, Masked area padding: 16, Masked content: latent noise, Noise "
      "multiplier: 0.9, Extra noise: 0.1, Version: v1.10.1"));
  const GenerateRequest request = completed_request(read);
  EXPECT_TRUE(request.hires);
  EXPECT_EQ(request.hires_prompt, "a, dog");
  EXPECT_EQ(request.hires_width, 1024);
  EXPECT_EQ(request.hires_height, 0);
  EXPECT_EQ(request.hires_steps, 8);
  EXPECT_EQ(request.hires_upscaler, "R-ESRGAN 4x+");
  EXPECT_EQ(request.denoising_strength, 0.5);
  EXPECT_EQ(request.mask_mode, "Inpaint not masked");
  EXPECT_EQ(request.mask_blur, 8);
  EXPECT_EQ(request.inpaint_area, "Only masked");
  EXPECT_EQ(request.masked_padding, 16);
  EXPECT_EQ(request.masked_content, "latent noise");
  EXPECT_EQ(request.initial_noise_multiplier, 0.9);
  EXPECT_EQ(request.extra_noise, 0.1);
  // Without a written key of its own a denoising strength alone is img2img's.
  EXPECT_FALSE(
      infotext_settings(parse_infotext("a\nSteps: 2, Seed: 1, Denoising strength: 0.5")).contains("enable_hr"));
}

}  // namespace
}  // namespace darkroom::generate
