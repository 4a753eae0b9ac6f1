#include "generate/replay.h"

#include <gtest/gtest.h>

#include <cmath>

#include "formats/png.h"
#include "formats/support.h"
#include "support/demo_lora.h"
#include "support/tiny_model.h"

namespace darkroom::generate {
namespace {

const LoadedModel& replay_model() {
  static const LoadedModel model({.model = tiny_model("sd15"), .precision = "fp32"});
  return model;
}

Picture again(const Picture& picture) {
  const ReadRecipe recipe = read_recipe(parse_infotext(picture.infotext));
  for (const RecipeField& field : recipe.fields)
    EXPECT_NE(int(field.honoured), int(Honoured::no)) << field.key << ": " << field.note;
  return replay(replay_model(), recipe, replay_request(recipe));
}

// Issue 5, evidence 4: every feature, identical bytes and the same recipe.
TEST(Replay, OurOwnPicturesComeBackByteForByte) {
  const std::vector<Settings> features = {
      {},
      {{"sampler_name", "Euler a"}, {"eta", "0.6"}},
      {{"sampler_name", "DPM++ 2M SDE"}, {"scheduler", "Exponential"}},
      {{"sampler_name", "DPM++ SDE"}, {"profile", "a1111-1.10"}, {"randn_source", "NV"}},
      {{"sampler_name", "DDIM"}, {"profile", "a1111-2022-12"}, {"steps", "5"}},
      {{"sampler_name", "UniPC bh2"}, {"profile", "kdiffusion"}, {"order", "2"}, {"steps", "5"}},
      {{"sampler_name", "DPM adaptive"}, {"rtol", "10"}, {"atol", "10"}},
      {{"sampler_name", "Heun"}, {"s_churn", "3"}, {"s_tmin", "0.1"}, {"s_tmax", "10"}, {"s_noise", "1.003"}},
      {{"sampler_name", "LMS"}, {"noise", "sequential"}, {"eta_noise_seed_delta", "31337"}},
      {{"sampler_name", "Euler a"}, {"noise", "torchsde"}, {"eta_noise_seed_delta", "31337"}},
      {{"scheduler", "Polyexponential"}, {"rho", "1.7"}, {"sigma_min", "0.05"}, {"sigma_max", "11.5"}},
      {{"discard_next_to_last_sigma", "True"}},
      {{"subseed", "9"}, {"subseed_strength", "0.35"}},
      {{"seed_resize_from_w", "16"}, {"seed_resize_from_h", "48"}},
      {{"clip_skip", "2"}, {"cfg_scale", "4.25"}, {"negative_prompt", "the dog, with: signs\nand lines"}},
      {{"cfg_scale", "1"}, {"width", "48"}, {"height", "24"}},
      {{"prompt", "a [red:blue:0.5] apple, [cat|dog] (moon:1.3)"}, {"steps", "4"}, {"sampler_name", "Heun"}},
      {{"prompt", "a red apple AND the moon:0.7 AND a dog:-0.2"}},
      {{"prompt", "(a:1.4) [red] \\(apple\\) BREAK second, chunk"}},
      {{"prompt", ""}, {"negative_prompt", "blurry"}},
      {{"plain", "True"}},
      {{"prompt", "a (red:1.6) apple"}, {"emphasis", "No norm"}},
      {{"prompt", "a BREAK \\(b\\)"}, {"emphasis", "None"}},
      {{"prompt", "a [red:blue:1.0] apple"}, {"use_old_scheduling", "True"}, {"steps", "4"}},
      {{"use_downcasted_alpha_bar", "True"}, {"sampler_name", "Euler"}},
      {{"sd_noise_schedule", "Zero Terminal SNR"}, {"sampler_name", "Euler"}},
      {{"prompt", "a BREAK b"}, {"pad_cond_uncond_v0", "True"}},
      {{"prompt", "a BREAK b"}, {"pad_cond_uncond", "True"}},
      {{"seed", "9007199254740991"}, {"rtol", "0.123456789"}},
      {{"tiling", "True"}, {"width", "64"}},
      {{"guidance_rescale", "0.7"}},
      {{"enable_hr", "True"}, {"hr_scale", "1.5"}, {"sampler_name", "Euler a"}},
      {{"enable_hr", "True"},
       {"hr_resize_x", "64"},
       {"hr_resize_y", "48"},
       {"hr_upscaler", "Lanczos"},
       {"hr_sampler_name", "DPM++ 2M SDE"},
       {"hr_scheduler", "Karras"},
       {"hr_second_pass_steps", "3"},
       {"hr_prompt", "a [red:blue:1.5] moon"},
       {"hr_negative_prompt", "the cat"},
       {"denoising_strength", "0.6"}},
  };
  for (const Settings& said : features) {
    const Picture picture = pictures_of(replay_model(), small_request(said)).at(0);
    const Picture repeated = again(picture);
    EXPECT_TRUE(difference(picture.image, repeated.image).identical()) << picture.infotext;
    EXPECT_EQ(repeated.infotext, picture.infotext);
  }
}

// The second pass with tags of its own, which must not act on the first.
TEST(Replay, LoraComesBackByteForByte) {
  const formats::TemporaryFolder folder;
  write_demo_lora(folder / "a.safetensors", tiny_model("sd15"), {.size = 0.3f});
  write_demo_lora(folder / "b.safetensors", tiny_model("sd15"), {.size = 0.3f, .seed = 3});
  const Settings place = {{"lora_dir", folder.path().string()}};
  for (Settings said : {Settings{{"prompt", "a <lora:a:0.6>red apple<lora:b:te=0.3:unet=1>"}},
                        {{"prompt", "a <lora:a:0.6>red apple"},
                         {"enable_hr", "True"},
                         {"hr_scale", "1.5"},
                         {"hr_prompt", "<lora:b:1>a moon"},
                         {"n_iter", "2"}}}) {
    said.insert(place.begin(), place.end());
    for (const Picture& picture : pictures_of(replay_model(), small_request(said))) {
      const ReadRecipe recipe = read_recipe(parse_infotext(picture.infotext));
      const Picture repeated = replay(replay_model(), recipe, replay_request(recipe, place));
      EXPECT_TRUE(difference(picture.image, repeated.image).identical()) << picture.infotext;
      EXPECT_EQ(repeated.infotext, picture.infotext);
    }
  }
}

// The picture one is made from is no part of its recipe, so it is said again; all else comes from the recipe.
TEST(Replay, PicturesFromPicturesComeBackByteForByte) {
  const formats::TemporaryFolder folder;
  Image picture(40, 32, 3), mask(40, 32, 1);
  for (size_t i = 0; i < picture.pixels.size(); ++i) picture.pixels[i] = uint8_t(i * 37 % 251);
  for (int y = 8; y < 24; ++y)
    for (int x = 10; x < 30; ++x) *mask.pixel(x, y) = 255;
  formats::write_png(folder / "picture.png", picture, {});
  formats::write_png(folder / "mask.png", mask, {});
  const Settings from = {{"init_image", (folder / "picture.png").string()}};
  Settings masked = from;
  masked["mask"] = (folder / "mask.png").string();
  const std::pair<Settings, Settings> features[] = {
      {from, {}},
      {from, {{"denoising_strength", "0.4"}, {"sampler_name", "Euler a"}}},
      {from, {{"resize_mode", "Crop and resize"}, {"width", "48"}, {"height", "32"}}},
      {from, {{"resize_mode", "Resize and fill"}, {"width", "32"}, {"height", "48"}}},
      {from, {{"resize_mode", "Just resize (latent upscale)"}, {"width", "48"}, {"height", "48"}}},
      {from, {{"initial_noise_multiplier", "0.9"}, {"sampler_name", "DDIM"}, {"steps", "6"}}},
      {masked, {{"mask_blur", "0"}}},
      {masked, {{"mask_blur_x", "2"}, {"mask_blur_y", "5"}, {"inpainting_mask_invert", "1"}}},
      {masked, {{"inpaint_full_res", "1"}, {"inpaint_full_res_padding", "6"}}},
      {masked, {{"inpainting_fill", "0"}, {"mask_round", "False"}}},
      {masked, {{"inpainting_fill", "2"}, {"sampler_name", "DPM++ 2M SDE"}}},
  };
  for (const auto& [place, said] : features) {
    Settings all = said;
    all.insert(place.begin(), place.end());
    const Picture made = pictures_of(replay_model(), small_request(all)).at(0);
    const ReadRecipe recipe = read_recipe(parse_infotext(made.infotext));
    const Picture repeated = replay(replay_model(), recipe, replay_request(recipe, place));
    EXPECT_TRUE(difference(made.image, repeated.image).identical()) << made.infotext;
    EXPECT_EQ(repeated.infotext, made.infotext);
  }
}

TEST(Replay, MembersOfBatchesComeBackByteForByte) {
  for (const Settings& said : {Settings{{"sampler_name", "Euler a"}},
                               {{"sampler_name", "DPM adaptive"}, {"rtol", "10"}, {"atol", "10"}},
                               {{"subseed", "9"}, {"subseed_strength", "0.35"}}}) {
    Settings batch = said;
    batch.insert({{"batch_size", "3"}, {"n_iter", "2"}});
    for (const Picture& picture : pictures_of(replay_model(), small_request(batch))) {
      const Picture repeated = again(picture);
      EXPECT_TRUE(difference(picture.image, repeated.image).identical()) << picture.infotext;
      EXPECT_EQ(repeated.infotext, picture.infotext);
    }
  }
}

TEST(Replay, WhatIsSaidGoesOverTheRecipe) {
  const ReadRecipe recipe = read_recipe(parse_infotext("a\nSteps: 3, Sampler: Euler, Seed: 1"));
  EXPECT_EQ(replay_request(recipe).profile, "a1111-1.10");
  EXPECT_EQ(replay_request(recipe, {{"profile", "kdiffusion"}}).profile, "kdiffusion");
}

TEST(Replay, BatchesMustMakeSense) {
  const auto request = [](const char* text) { return replay_request(read_recipe(parse_infotext(text))); };
  formats::expect_error(ErrorKind::invalid_request, "picture 3 of a batch of 2",
                        [&] { request("a\nSteps: 3, Seed: 9, Batch size: 2, Batch pos: 3"); });
  formats::expect_error(ErrorKind::invalid_request, "the seed of picture 1",
                        [&] { request("a\nSteps: 3, Seed: 0, Batch size: 2, Batch pos: 1"); });
  EXPECT_EQ(request("a\nSteps: 3, Seed: 9, Batch size: 4, Batch pos: 3").seed, 6);
}

TEST(Replay, SaysWhetherTheModelIsTheOne) {
  Picture picture = pictures_of(replay_model(), small_request()).at(0);
  ReadRecipe recipe = read_recipe(parse_infotext(picture.infotext));
  compare_model(recipe, replay_model());
  const auto field = [&](const std::string& key) {
    for (const RecipeField& one : recipe.fields)
      if (one.key == key) return one;
    return RecipeField{};
  };
  EXPECT_EQ(int(field("Model hash").honoured), int(Honoured::yes));
  EXPECT_EQ(int(field("Precision").honoured), int(Honoured::yes));
  recipe = read_recipe(parse_infotext("a\nSteps: 3, Seed: 9, Model hash: 0123456789, VAE hash: 12, Precision: bf16"));
  compare_model(recipe, replay_model());
  EXPECT_EQ(int(field("Model hash").honoured), int(Honoured::no));
  EXPECT_NE(field("Model hash").note.find(picture.infotext.substr(picture.infotext.find("Model hash: ") + 12, 10)),
            std::string::npos);
  EXPECT_EQ(field("VAE hash").note, "the VAE used here has none");
  EXPECT_EQ(int(field("Precision").honoured), int(Honoured::no));
}

TEST(Replay, EmbeddingsCountByTheirHashes) {
  const Settings said = {{"prompt", "a red appleword"},
                         {"embeddings_dir", std::string(DARKROOM_TESTS_DIR) + "/golden/embeddings/sd15"}};
  const Picture picture = pictures_of(replay_model(), small_request(said)).at(0);
  ASSERT_NE(picture.infotext.find(", TI hashes: \"appleword: "), std::string::npos) << picture.infotext;
  ReadRecipe recipe = read_recipe(parse_infotext(picture.infotext));
  const auto hashes = [&] {
    for (const RecipeField& field : recipe.fields)
      if (field.key == "TI hashes") return field.honoured;
    return Honoured::note;
  };
  const Picture without = replay(replay_model(), recipe, replay_request(recipe));
  EXPECT_FALSE(difference(picture.image, without.image).identical());
  compare_hashes(recipe, without);
  EXPECT_EQ(int(hashes()), int(Honoured::no));
  const Picture with =
      replay(replay_model(), recipe, replay_request(recipe, {{"embeddings_dir", said.at("embeddings_dir")}}));
  EXPECT_TRUE(difference(picture.image, with.image).identical());
  compare_hashes(recipe, with);
  EXPECT_EQ(int(hashes()), int(Honoured::yes));
}

TEST(Replay, Differences) {
  Image a(2, 2, 3), b = a;
  EXPECT_TRUE(difference(a, b).identical());
  EXPECT_TRUE(std::isinf(difference(a, b).psnr));
  b.pixels[0] = 12;
  const PictureDifference apart = difference(a, b);
  EXPECT_EQ(apart.largest, 12);
  EXPECT_EQ(apart.equal_share, 0.75);
  EXPECT_NEAR(apart.psnr, 10 * std::log10(255.0 * 255.0 * 12 / 144), 1e-9);
  EXPECT_FALSE(difference(a, Image(2, 3, 3)).same_size);
  Image grey(2, 2, 1), alpha(2, 2, 4);
  EXPECT_TRUE(difference(a, grey).identical());
  alpha.pixels[3] = 99;
  EXPECT_TRUE(difference(alpha, a).identical());
}

}  // namespace
}  // namespace darkroom::generate
