#include "checkpoint/read_config.h"

#include "fixtures.h"

namespace darkroom::checkpoint {
namespace {

using Sizes = std::vector<int64_t>;

Json config_of(const std::string& part) {
  return parsed_object(read_text(tiny(part)), part);
}

TEST(ReadConfig, HeadsAreWhatDiffusersCallsAttentionHeadDim) {
  EXPECT_EQ(unet_config(config_of("sd15/unet/config.json")).heads, (Sizes{8, 8, 8}));
  EXPECT_EQ(unet_config(config_of("sd21/unet/config.json")).heads, (Sizes{1, 2, 4}));
  Json config = config_of("sd15/unet/config.json");
  config["num_attention_heads"] = 4;
  EXPECT_EQ(unet_config(config).heads, (Sizes{4, 4, 4}));
}

TEST(ReadConfig, DepthCountsOnlyWhereTheBlockHasAttention) {
  const auto sdxl = unet_config(config_of("sdxl/unet/config.json"));
  EXPECT_EQ(sdxl.depth, (Sizes{0, 1, 2}));
  EXPECT_EQ(sdxl.middle_depth, 2);
  EXPECT_EQ(sdxl.vector, 72);
  const auto sd15 = unet_config(config_of("sd15/unet/config.json"));
  EXPECT_EQ(sd15.depth, (Sizes{1, 1, 0}));
  EXPECT_EQ(sd15.middle_depth, 1);
}

TEST(ReadConfig, WhatWeDoNotHaveIsNamed) {
  const auto message = [](const char* key, const Json& value) {
    Json config = config_of("sd15/unet/config.json");
    config[key] = value;
    return error_of(ErrorKind::unsupported, [&] { unet_config(config); });
  };
  EXPECT_TRUE(mentions(message("class_embed_type", "timestep"), "class_embed_type"));
  EXPECT_TRUE(mentions(message("act_fn", "gelu"), "act_fn"));
  EXPECT_TRUE(mentions(message("time_cond_proj_dim", 256), "time_cond_proj_dim"));
  EXPECT_TRUE(mentions(message("mid_block_type", nullptr), "mid_block_type"));
  EXPECT_TRUE(
      mentions(message("down_block_types", {"AttnDownBlock2D", "DownBlock2D", "DownBlock2D"}), "AttnDownBlock2D"));
  Json vae = config_of("sd15/vae/config.json");
  vae["shift_factor"] = 0.1;
  EXPECT_TRUE(mentions(error_of(ErrorKind::unsupported, [&] { vae_config(vae); }), "shift_factor"));
  Json text = config_of("sd15/text_encoder/config.json");
  text["hidden_act"] = "relu";
  EXPECT_TRUE(mentions(error_of(ErrorKind::unsupported, [&] { clip_text_config(text); }), "relu"));
}

TEST(ReadConfig, ValuesOfTheWrongKindOrRangeAreErrors) {
  const auto message = [](const char* key, const Json& value) {
    Json config = config_of("sd15/unet/config.json");
    config[key] = value;
    return error_of(ErrorKind::corrupt_file, [&] { unet_config(config); });
  };
  EXPECT_TRUE(mentions(message("layers_per_block", "two"), "layers_per_block"));
  EXPECT_TRUE(mentions(message("layers_per_block", -1), "layers_per_block"));
  EXPECT_TRUE(mentions(message("layers_per_block", 1e300), "layers_per_block"));
  EXPECT_TRUE(mentions(message("cross_attention_dim", nullptr), "missing"));
  EXPECT_TRUE(mentions(message("block_out_channels", Json::array()), "block_out_channels"));
  EXPECT_TRUE(mentions(message("block_out_channels", {8, 8, 15}), "found 4"));
  EXPECT_TRUE(mentions(message("norm_num_groups", 3), "groups"));
  EXPECT_TRUE(mentions(message("attention_head_dim", {8, 8}), "attention_head_dim"));
  EXPECT_TRUE(mentions(message("use_linear_projection", 1), "use_linear_projection"));
  error_of(ErrorKind::corrupt_file, [] { parsed_object("[1, 2]", "list"); });
  error_of(ErrorKind::corrupt_file, [] { parsed_object("{\"a\": ", "half"); });
}

TEST(ReadConfig, Schedulers) {
  ModelDescription model;
  read_scheduler_config(config_of("sd21/scheduler/scheduler_config.json"), model);
  EXPECT_EQ(model.prediction, Prediction::v);
  EXPECT_EQ(model.noise_schedule.beta_schedule, "scaled_linear");
  EXPECT_EQ(model.noise_schedule.timesteps, 1000);
  Json config = config_of("sd21/scheduler/scheduler_config.json");
  config["rescale_betas_zero_snr"] = true;
  read_scheduler_config(config, model);
  EXPECT_TRUE(model.noise_schedule.zero_terminal_snr);
  config["prediction_type"] = "flow";
  EXPECT_TRUE(mentions(error_of(ErrorKind::unsupported, [&] { read_scheduler_config(config, model); }), "flow"));
  config["prediction_type"] = "epsilon";
  config["beta_end"] = 2.0;
  error_of(ErrorKind::corrupt_file, [&] { read_scheduler_config(config, model); });
}

TEST(ReadConfig, RecommendedSettings) {
  const auto settings = recommended_settings({{"width", 128}, {"cfg_scale", 4}, {"sampler", "DPM++ 2M"}});
  EXPECT_EQ(settings.width, 128);
  EXPECT_EQ(settings.cfg_scale, 4.0);
  EXPECT_EQ(settings.sampler, "DPM++ 2M");
  EXPECT_FALSE(settings.steps.has_value());
  EXPECT_TRUE(mentions(error_of(ErrorKind::unsupported, [] { recommended_settings({{"stepz", 1}}); }), "stepz"));
  error_of(ErrorKind::corrupt_file, [] { recommended_settings({{"steps", "many"}}); });
}

TEST(ReadConfig, PartsThatDoNotFitEachOther) {
  Json configs = parsed_object(read_text(tiny("sd15.darkroom.json")), "config");
  description_from(configs);
  Json changed = configs;
  changed["unet"]["cross_attention_dim"] = 24;
  EXPECT_TRUE(mentions(error_of(ErrorKind::corrupt_file, [&] { description_from(changed); }), "width 16"));
  changed = configs;
  changed.erase("vae");
  EXPECT_TRUE(mentions(error_of(ErrorKind::corrupt_file, [&] { description_from(changed); }), "vae"));
}

}  // namespace
}  // namespace darkroom::checkpoint
