// Texts in the style of A1111's versions, written by hand from modules/processing.py of each.
#include "generate/read_recipe.h"

#include <gtest/gtest.h>

namespace darkroom::generate {
namespace {

ReadRecipe recipe_of(const std::string& fields, const std::string& prompt = "a cat") {
  return read_recipe(parse_infotext(prompt + "\n" + fields));
}

Honoured status(const ReadRecipe& recipe, const std::string& key) {
  for (const RecipeField& field : recipe.fields)
    if (field.key == key) return field.honoured;
  ADD_FAILURE() << "no field " << key;
  return Honoured::no;
}

std::string not_honoured(const ReadRecipe& recipe) {
  std::string keys;
  for (const RecipeField& field : recipe.fields)
    if (field.honoured == Honoured::no) keys += (keys.empty() ? "" : ", ") + field.key;
  return keys;
}

TEST(ReadRecipe, A1111Version110) {
  const ReadRecipe recipe = recipe_of(
      "Steps: 25, Sampler: DPM++ 2M SDE, Schedule type: Exponential, CFG scale: 6.5, Seed: 123456789, Size: 512x768, "
      "Model hash: 6ce0161689, Model: v1-5-pruned-emaonly, VAE hash: 735e4c3a44, VAE: vae-ft-mse.safetensors, "
      "Variation seed: 99, Variation seed strength: 0.15, Seed resize from: 512x512, Clip skip: 2, ENSD: 31337, RNG: "
      "CPU, Discard penultimate sigma: True, Schedule min sigma: 0.05, Schedule max sigma: 12, Schedule rho: 5, Eta: "
      "0.67, Sigma noise: 1.005, Version: v1.10.1");
  const Settings expected = {{"prompt", "a cat"},
                             {"negative_prompt", ""},
                             {"profile", "a1111-1.10"},
                             {"steps", "25"},
                             {"sampler_name", "DPM++ 2M SDE"},
                             {"scheduler", "Exponential"},
                             {"cfg_scale", "6.5"},
                             {"seed", "123456789"},
                             {"width", "512"},
                             {"height", "768"},
                             {"subseed", "99"},
                             {"subseed_strength", "0.15"},
                             {"seed_resize_from_w", "512"},
                             {"seed_resize_from_h", "512"},
                             {"clip_skip", "2"},
                             {"eta_noise_seed_delta", "31337"},
                             {"randn_source", "CPU"},
                             {"discard_next_to_last_sigma", "True"},
                             {"sigma_min", "0.05"},
                             {"sigma_max", "12"},
                             {"rho", "5"},
                             {"eta", "0.67"},
                             {"s_noise", "1.005"}};
  EXPECT_EQ(recipe.settings, expected);
  EXPECT_EQ(recipe.model_name, "v1-5-pruned-emaonly");
  EXPECT_EQ(recipe.model_hash, "6ce0161689");
  EXPECT_EQ(recipe.vae_name, "vae-ft-mse.safetensors");
  EXPECT_EQ(recipe.vae_hash, "735e4c3a44");
  EXPECT_EQ(not_honoured(recipe), "");
  EXPECT_EQ(int(status(recipe, "Version")), int(Honoured::note));
  EXPECT_EQ(recipe.fields.size(), 23u);  // every field once, sizes in one piece
}

TEST(ReadRecipe, A1111Version19PrintsSchedulesThatDoNothing) {
  const ReadRecipe recipe = recipe_of(
      "Steps: 20, Sampler: DDIM, Schedule type: Karras, CFG scale: 7, Seed: 1, Size: 512x512, Eta DDIM: 0.5, Version: "
      "v1.9.4");
  EXPECT_EQ(recipe.settings.at("sampler_name"), "DDIM");
  EXPECT_FALSE(recipe.settings.contains("scheduler"));
  EXPECT_EQ(recipe.settings.at("eta"), "0.5");
  EXPECT_EQ(int(status(recipe, "Schedule type")), int(Honoured::yes));
  EXPECT_NO_THROW(completed_request(recipe.settings));
  const ReadRecipe automatic =
      recipe_of("Steps: 20, Sampler: Euler, Schedule type: Automatic, Seed: 1, Version: v1.9.0");
  EXPECT_EQ(automatic.settings.at("scheduler"), "Automatic");
}

TEST(ReadRecipe, A1111Version16JoinsTheSchedule) {
  const ReadRecipe recipe = recipe_of(
      "Steps: 20, Sampler: DPM++ 2M Karras, CFG scale: 7, Seed: 1, Size: 512x512, Model hash: abc, Model: m, "
      "Version: v1.6.0");
  EXPECT_EQ(recipe.settings.at("sampler_name"), "DPM++ 2M");
  EXPECT_EQ(recipe.settings.at("scheduler"), "Karras");
  // Without a joined schedule every sampler's was uniform.
  const ReadRecipe plain = recipe_of("Steps: 20, Sampler: DPM++ 2M, Seed: 1, Version: v1.6.1");
  EXPECT_EQ(plain.settings.at("scheduler"), "Uniform");
  EXPECT_FALSE(recipe_of("Steps: 20, Sampler: DDIM, Seed: 1, Version: v1.6.1").settings.contains("scheduler"));
  // The setting of the schedule type went over the name's.
  const ReadRecipe set =
      recipe_of("Steps: 20, Sampler: DPM++ 2M Karras, Seed: 1, Schedule type: polyexponential, Version: v1.8.0");
  EXPECT_EQ(set.settings.at("sampler_name"), "DPM++ 2M");
  EXPECT_EQ(set.settings.at("scheduler"), "Polyexponential");
}

TEST(ReadRecipe, A1111Version15HasItsOldHabits) {
  const std::string fields =
      "Steps: 20, Sampler: PLMS, CFG scale: 7, Seed: 1, Size: 512x512, Model hash: abc, Model: m, Version: v1.5.2";
  const ReadRecipe recipe = recipe_of(fields, "a [cat:dog:5]");
  EXPECT_EQ(int(status(recipe, "Old prompt editing timelines")), int(Honoured::yes));
  EXPECT_EQ(int(status(recipe, "Pad conds v0")), int(Honoured::yes));
  EXPECT_EQ(int(status(recipe, "Downcast alphas_cumprod")), int(Honoured::yes));
  EXPECT_EQ(recipe.settings.at("use_old_scheduling"), "True");
  EXPECT_EQ(recipe.settings.at("pad_cond_uncond_v0"), "True");
  EXPECT_EQ(recipe.settings.at("use_downcasted_alpha_bar"), "True");
  EXPECT_FALSE(recipe_of(fields, "a cat").settings.contains("use_old_scheduling"));
}

TEST(ReadRecipe, BordersOfVersions) {
  const auto has = [](const char* version, const char* name, const char* prompt = "[a:b:3]") {
    return recipe_of(std::string("Steps: 20, Sampler: DDIM, Seed: 1, Version: ") + version, prompt)
        .settings.contains(name);
  };
  EXPECT_TRUE(has("1.5.1", "use_old_scheduling"));
  EXPECT_FALSE(has("v1.6.0", "use_old_scheduling"));
  EXPECT_TRUE(has("v1.6.0-RC-12-gabcdef", "use_old_scheduling"));
  EXPECT_TRUE(has("v1.7.0", "use_downcasted_alpha_bar"));
  EXPECT_TRUE(has("v1.7.0-224-gabcdef0", "use_downcasted_alpha_bar"));
  EXPECT_FALSE(has("v1.7.0-225-gabcdef0", "use_downcasted_alpha_bar"));
  EXPECT_FALSE(has("v1.10.0", "use_downcasted_alpha_bar"));
  for (const char* other : {"f2.0.1v1.10.1-previous-659", "ComfyUI", "", "1", "v1.", "1.x"})
    EXPECT_FALSE(has(other, "use_downcasted_alpha_bar")) << other;
}

TEST(ReadRecipe, WithoutAVersionNoneOfTheOldHabits) {
  const ReadRecipe recipe = recipe_of("Steps: 20, Sampler: DDIM, CFG scale: 7, Seed: 1, Size: 512x512", "a [b:c:4]");
  for (const char* name : {"use_old_scheduling", "pad_cond_uncond_v0", "use_downcasted_alpha_bar"})
    EXPECT_FALSE(recipe.settings.contains(name)) << name;
  EXPECT_FALSE(recipe_of("Steps: 20, Sampler: DPM++ 2M, Seed: 1").settings.contains("scheduler"));
}

TEST(ReadRecipe, NoiseThatIsNotNamedIsAGraphicsCards) {
  EXPECT_EQ(recipe_of("Steps: 20, Sampler: Euler, Seed: 1").settings.at("randn_source"), "NV");
  EXPECT_EQ(recipe_of("Steps: 20, Sampler: Euler, Seed: 1, RNG: GPU").settings.at("randn_source"), "NV");
  EXPECT_EQ(recipe_of("Steps: 20, Sampler: Euler, Seed: 1, RNG: CPU").settings.at("randn_source"), "CPU");
  EXPECT_FALSE(recipe_of("Steps: 20, Sampler: Euler, Seed: 1, Profile: darkroom").settings.contains("randn_source"));
  EXPECT_TRUE(read_recipe(parse_infotext("only a prompt")).settings.size() == 2);
}

TEST(ReadRecipe, WhatIsNotThereIsReported) {
  const ReadRecipe recipe = recipe_of(
      "Steps: 20, Sampler: Euler Deluxe, Schedule type: Sideways, CFG scale: warm, Seed: 1, Size: 500x8x9, Hires "
      "checkpoint: "
      "xl, Hypernet: anime, Refiner: xl, Refiner switch at: 0.8, NGMS: 1, Token merging ratio: 0.5, Face "
      "restoration: CodeFormer, Some extension: \"a: b, c\", Version: v1.8.0");
  EXPECT_FALSE(recipe.settings.contains("sampler_name"));
  EXPECT_FALSE(recipe.settings.contains("cfg_scale"));
  EXPECT_EQ(recipe.settings.at("seed"), "1");
  for (const char* key : {"Sampler", "CFG scale", "Size", "Hires checkpoint", "Hypernet", "Refiner",
                          "Refiner switch at", "NGMS", "Token merging ratio", "Face restoration", "Some extension"})
    EXPECT_EQ(int(status(recipe, key)), int(Honoured::no)) << key;
  for (const RecipeField& field : recipe.fields)
    EXPECT_EQ(field.honoured == Honoured::no, field.honoured == Honoured::no && !field.note.empty()) << field.key;
  EXPECT_EQ(not_honoured(recipe_of("Steps: 20, Sampler: Euler, Schedule type: Sideways, Seed: 1")), "Schedule type");
}

TEST(ReadRecipe, ValuesThatMeanNothing) {
  EXPECT_EQ(not_honoured(recipe_of("Steps: 20, Sampler: UniPC, Seed: 1, UniPC variant: bh1, UniPC skip type: "
                                   "time_uniform, UniPC order: 3, UniPC lower order final: True, VAE Encoder: Full, "
                                   "Beta schedule alpha: 0.6, Beta scheduler beta: 0.6, Version: v1.5.0")),
            "");
  const ReadRecipe bh2 = recipe_of("Steps: 20, Sampler: UniPC, Seed: 1, UniPC variant: bh2, UniPC order: 2");
  EXPECT_EQ(bh2.settings.at("sampler_name"), "UniPC bh2");
  EXPECT_EQ(bh2.settings.at("order"), "2");
}

TEST(ReadRecipe, SizesAreRoundedDownAsLatentsAre) {
  const ReadRecipe recipe = recipe_of("Steps: 20, Sampler: Euler, Seed: 1, Size: 515x767");
  EXPECT_EQ(recipe.settings.at("width"), "512");
  EXPECT_EQ(recipe.settings.at("height"), "760");
  EXPECT_EQ(int(status(recipe, "Size")), int(Honoured::differently));
}

TEST(ReadRecipe, FirstPassSizeMakesTheSizeTheFirstPass) {
  const std::string fields = "Steps: 20, Sampler: Euler, Seed: 1, Size: 1024x768, Denoising strength: 0.7, First pass ";
  EXPECT_EQ(recipe_of(fields + "size: 512x384").settings.at("width"), "512");
  EXPECT_EQ(recipe_of(fields + "size: 512x384").settings.at("height"), "384");
  // ceil(1024 * sqrt(512^2 / (1024 * 768)) / 64) * 64 and the same for 768.
  EXPECT_EQ(recipe_of(fields + "size: 0x0").settings.at("width"), "640");
  EXPECT_EQ(recipe_of(fields + "size: 0x0").settings.at("height"), "448");
  const ReadRecipe recipe = recipe_of(fields + "size: 0x0");
  EXPECT_NO_FATAL_FAILURE(status(recipe, "Hires resize"));
}

TEST(ReadRecipe, BatchesAreKnown) {
  const ReadRecipe recipe = recipe_of("Steps: 20, Sampler: Euler, Seed: 7, Batch size: 4, Batch pos: 2");
  EXPECT_EQ(recipe.batch_size, 4);
  EXPECT_EQ(recipe.batch_position, 2);
  EXPECT_EQ(not_honoured(recipe_of("Steps: 2, Sampler: Euler, Seed: 7, Batch size: 0, Batch pos: x")),
            "Batch size, Batch pos");
}

TEST(ReadRecipe, SurvivesAnything) {
  for (const std::string fields :
       {"Sampler: , Seed: , Steps: ", "Size: 99999999999999999999x1, Ab: 1, Cd: 2",
        "Version: 1.99999999999, Ab: 1, Cd: 2", "Sampler: \"\xff\", Steps: -1, Seed: 1e99",
        "First pass size: 0x0, Size: 0x0, Ab: 1", "First pass size: 0x0, Size: 1x99999999999999999999, Ab: 1",
        "Profile: none, Sampler: Euler, Steps: 1"})
    EXPECT_NO_THROW(recipe_of(fields)) << fields;
  EXPECT_NO_THROW(recipe_of("Version: v1.7.0-" + std::string(1'000'000, '9') + ", Steps: 1, Seed: 2"));
}

}  // namespace
}  // namespace darkroom::generate
