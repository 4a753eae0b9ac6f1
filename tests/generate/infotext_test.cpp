// Layout, order and quoting: A1111 1.10, modules/processing.py create_infotext and modules/infotext_utils.py; the texts
// were written from these by hand, with our own Version.
#include "generate/infotext.h"

#include <gtest/gtest.h>

#include "base/version.h"

namespace darkroom::generate {
namespace {

const std::string kEnd = ", Profile: darkroom, Precision: fp32, Version: darkroom " + std::string(version());

Recipe recipe(const Settings& said) {
  Settings all = {
      {"prompt", "a red apple"}, {"seed", "42"}, {"width", "512"}, {"height", "768"}, {"precision", "fp32"}};
  for (const auto& [name, text] : said) all[name] = text;
  return {.request = completed_request(all), .model_name = "v1-5-pruned", .model_hash = "e1441589a6"};
}

TEST(Infotext, WritesA1111sLayout) {
  EXPECT_EQ(infotext(recipe({{"scheduler", "Karras"}})),
            "a red apple\nSteps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7, Seed: 42, Size: 512x768, "
            "Model hash: e1441589a6, Model: v1-5-pruned, RNG: CPU" +
                kEnd);
}

TEST(Infotext, WritesWhatDiffersFromTheDefaults) {
  Recipe it = recipe({{"negative_prompt", "blurry"},
                      {"sampler_name", "Euler a"},
                      {"cfg_scale", "7.5"},
                      {"clip_skip", "2"},
                      {"eta", "0.5"},
                      {"steps", "30"}});
  it.vae_name = "ft-mse.safetensors";
  it.vae_hash = "735e4c3a44";
  EXPECT_EQ(
      infotext(it),
      "a red apple\nNegative prompt: blurry\nSteps: 30, Sampler: Euler a, Schedule type: Automatic, CFG scale: 7.5, "
      "Seed: 42, Size: 512x768, Model hash: e1441589a6, Model: v1-5-pruned, VAE hash: 735e4c3a44, "
      "VAE: ft-mse.safetensors, Clip skip: 2, RNG: CPU, Eta: 0.5" +
          kEnd);
}

TEST(Infotext, WritesWhereTheNoiseCameFrom) {
  const std::string text = infotext(recipe({{"subseed", "7"},
                                            {"subseed_strength", "0.3"},
                                            {"seed_resize_from_w", "512"},
                                            {"seed_resize_from_h", "640"},
                                            {"eta_noise_seed_delta", "31337"},
                                            {"randn_source", "nv"}}));
  EXPECT_NE(
      text.find(", Variation seed: 7, Variation seed strength: 0.3, Seed resize from: 512x640, ENSD: 31337, RNG: NV, "),
      std::string::npos)
      << text;
}

TEST(Infotext, QuotesValuesThatCouldBeTakenForMoreFields) {
  Recipe it = recipe({});
  it.model_name = "a, \"b\": c\xc3\xa9";
  const std::string text = infotext(it);
  EXPECT_NE(text.find("Model: \"a, \\\"b\\\": c\xc3\xa9\", RNG"), std::string::npos) << text;
  EXPECT_EQ(parse_infotext(text).fields.at(8), std::pair(std::string("Model"), it.model_name));
}

TEST(Infotext, WritesTheOrderOfA1111) {
  const std::string text = infotext(recipe({{"sampler_name", "Heun"},
                                            {"discard_next_to_last_sigma", "true"},
                                            {"sigma_min", "0.1"},
                                            {"sigma_max", "9"},
                                            {"rho", "5"},
                                            {"eta", "0.5"},
                                            {"s_churn", "1.5"},
                                            {"s_tmin", "0.1"},
                                            {"s_tmax", "8"},
                                            {"s_noise", "1.003"}}));
  EXPECT_NE(text.find(", RNG: CPU, Discard penultimate sigma: True, Schedule min sigma: 0.1, Schedule max sigma: 9, "
                      "Schedule rho: 5, Eta: 0.5, Sigma churn: 1.5, Sigma tmin: 0.1, Sigma tmax: 8, Sigma noise: "
                      "1.003, Profile"),
            std::string::npos)
      << text;
}

TEST(Infotext, SaysWhereInItsBatchAPictureWas) {
  Recipe it = recipe({{"batch_size", "3"}});
  it.batch_position = 1;
  EXPECT_NE(infotext(it).find(", Batch size: 3, Batch pos: 1, Version"), std::string::npos) << infotext(it);
}

TEST(Infotext, TakesMoreFieldsBeforeItsVersion) {
  const std::string text = with_fields(infotext(recipe({})), {{"Script", "X/Y/Z plot"}, {"X Values", "1,2"}});
  EXPECT_NE(text.find(", Script: X/Y/Z plot, X Values: \"1,2\", Version: darkroom"), std::string::npos) << text;
  EXPECT_EQ(with_fields("a", {{"b", "c"}}), "a, b: c");
}

TEST(Infotext, EmptyPromptLeavesTheLineOfFields) {
  EXPECT_TRUE(infotext(recipe({{"prompt", ""}})).starts_with("Steps: 20"));
}

TEST(Infotext, ReadsBackWhatItWrites) {
  for (const char* prompt : {"a red apple", "", "two\nlines, with: colons", "\U0001F34E (x:1.2) [y] \\(z\\) 64x64",
                             "Steps: not really", "<lora:a:1>, Size: 9x9"}) {
    const Settings said = {{"prompt", prompt},
                           {"negative_prompt", "b, c: d\ne"},
                           {"steps", "12"},
                           {"sampler_name", "Euler a"},
                           {"scheduler", "Exponential"},
                           {"cfg_scale", "1.25"},
                           {"seed", "4294967295"},
                           {"width", "64"},
                           {"height", "1024"},
                           {"clip_skip", "3"},
                           {"randn_source", "NV"},
                           {"eta", "0.25"},
                           {"s_noise", "1.01"},
                           {"precision", "fp32"}};
    Settings read = infotext_settings(parse_infotext(infotext(recipe(said))));
    EXPECT_EQ(read.extract("profile").mapped(), "darkroom");
    EXPECT_EQ(read, said) << prompt;
  }
}

TEST(Infotext, WithoutAProfileItIsA1111s) {
  EXPECT_EQ(infotext_settings(parse_infotext("a cat\nSteps: 28, Sampler: Euler a, Seed: 1")).at("profile"),
            "a1111-1.10");
  EXPECT_FALSE(infotext_settings(parse_infotext("only a prompt")).contains("profile"));
}

}  // namespace
}  // namespace darkroom::generate
