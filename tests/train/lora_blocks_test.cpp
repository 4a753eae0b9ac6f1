#include "train/lora_blocks.h"

#include <gtest/gtest.h>

#include "formats/support.h"

namespace darkroom::train {
namespace {

LoraOptions options_of(const std::vector<std::string>& network_args) {
  LoraOptions options{.dim = 8, .alpha = 4, .conv_dim = 2, .conv_alpha = 1};
  OptimizerArguments arguments("network_args", network_args);
  options.blocks = read_block_options(arguments);
  arguments.refuse_others();
  return options;
}

std::vector<double> rates_of(const std::vector<std::string>& network_args, bool is_sdxl) {
  std::vector<double> rates;
  for (const LoraBlocks::Block& block : LoraBlocks(options_of(network_args), is_sdxl).blocks)
    rates.push_back(block.rate);
  return rates;
}

std::string list(size_t count, const std::string& value) {
  std::string text = value;
  for (size_t i = 1; i < count; ++i) text += "," + value;
  return text;
}

// Answers of get_block_index, sd-scripts 48d368fa.
TEST(LoraBlocks, AModuleLiesInTheBlockKohyaSays) {
  EXPECT_EQ(block_of("lora_unet_down_blocks_0_attentions_1_proj_in", false), 2u);
  EXPECT_EQ(block_of("lora_unet_down_blocks_2_resnets_0_conv1", false), 7u);
  EXPECT_EQ(block_of("lora_unet_down_blocks_1_downsamplers_0_conv", false), 6u);
  EXPECT_EQ(block_of("lora_unet_mid_block_attentions_0_proj_out", false), 12u);
  EXPECT_EQ(block_of("lora_unet_up_blocks_0_upsamplers_0_conv", false), 15u);
  EXPECT_EQ(block_of("lora_unet_up_blocks_3_attentions_2_proj_in", false), 24u);
  EXPECT_EQ(block_of("lora_unet_time_embedding_linear_1", false), std::nullopt);
  EXPECT_EQ(block_of("lora_te_text_model_encoder_layers_0_mlp_fc1", false), std::nullopt);
  EXPECT_EQ(block_of("lora_unet_input_blocks_4_1_proj_in", true), 5u);
  EXPECT_EQ(block_of("lora_unet_middle_block_1_proj_in", true), 11u);
  EXPECT_EQ(block_of("lora_unet_output_blocks_2_2_conv", true), 15u);
  EXPECT_EQ(block_of("lora_te2_text_model_encoder_layers_0_mlp_fc1", true), std::nullopt);
}

// Answers of parse_block_lr_kwargs, sd-scripts 48d368fa.
// Answers of get_block_params_to_optimize, sd-scripts 48d368fa.
TEST(LoraBlocks, AParameterHasTheRateKohyaSays) {
  EXPECT_EQ(rate_of_parameter("time_embed.0.weight"), 0u);
  EXPECT_EQ(rate_of_parameter("label_emb.0.2.bias"), 0u);
  EXPECT_EQ(rate_of_parameter("input_blocks.0.0.weight"), 1u);
  EXPECT_EQ(rate_of_parameter("input_blocks.8.1.transformer_blocks.9.attn1.to_q.weight"), 9u);
  EXPECT_EQ(rate_of_parameter("middle_block.0.in_layers.0.weight"), 10u);
  EXPECT_EQ(rate_of_parameter("middle_block.2.out_layers.3.bias"), 12u);
  EXPECT_EQ(rate_of_parameter("output_blocks.0.0.in_layers.2.weight"), 13u);
  EXPECT_EQ(rate_of_parameter("output_blocks.8.0.skip_connection.weight"), 21u);
  EXPECT_EQ(rate_of_parameter("out.2.weight"), 22u);
}

TEST(LoraBlocks, RatesOfParametersAre23) {
  const std::vector<double> rates = read_block_rates("1e-5," + list(21, "0") + ", 2e-6");
  ASSERT_EQ(rates.size(), 23u);
  EXPECT_EQ(rates.front(), 1e-5);
  EXPECT_EQ(rates[7], 0);
  EXPECT_EQ(rates.back(), 2e-6);
  for (const std::string& wrong : {list(22, "1e-5"), list(24, "1e-5"), "," + list(22, "1e-5"), list(22, "1e-5") + ",",
                                   list(11, "1") + ",," + list(11, "1"), list(22, "1") + ",-1", list(22, "1") + ",x"}) {
    const Error error = formats::error_of([&] { read_block_rates(wrong); });
    EXPECT_EQ(error.kind(), ErrorKind::invalid_request) << wrong;
    EXPECT_EQ(std::string(error.what()).substr(0, 8), "block_lr") << error.what();
  }
}

TEST(LoraBlocks, RatesAreKohyas) {
  const auto expect_near = [](const std::vector<double>& found, const std::vector<double>& expected) {
    ASSERT_EQ(found.size(), expected.size());
    for (size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-12) << i;
  };
  expect_near(rates_of({"down_lr_weight=cosine+0.25", "mid_lr_weight=0.5", "up_lr_weight=1,0.1,,0.3",
                        "block_lr_zero_threshold=0.15"},
                       false),
              {1.25,
               1.2398214418809328,
               1.2094929736144975,
               1.1596319953545184,
               1.091253532831181,
               1.0057495743542582,
               0.904860733945285,
               0.7906408174555976,
               0.6654150130018863,
               0.5317325568414297,
               0.39231483827328517,
               0.25,
               0.5,
               1.0,
               0,
               0,
               0.3,
               1.0,
               1.0,
               1.0,
               1.0,
               1.0,
               1.0,
               1.0,
               1.0});
  expect_near(rates_of({"down_lr_weight=sine", "up_lr_weight=reverse_linear", "block_lr_zero_threshold=0.2"}, true),
              {1.0,
               0,
               0,
               0.3826834323650898,
               0.5555702330196022,
               0.7071067811865475,
               0.8314696123025452,
               0.9238795325112867,
               0.9807852804032304,
               1.0,
               1.0,
               1.0,
               1.0,
               1.0,
               0.875,
               0.75,
               0.625,
               0.5,
               0.375,
               0.25,
               0,
               0,
               1.0});
}

TEST(LoraBlocks, RanksAreByBlockAndABlockThatDoesNotLearnHasNone) {
  const LoraOptions said = options_of({"block_dims=" + list(24, "16") + ",3", "mid_lr_weight=0"});
  EXPECT_TRUE(is_by_block(said.blocks));
  const auto blocks = LoraBlocks(said, false).blocks;
  EXPECT_EQ(blocks[0].dim, 16);
  EXPECT_EQ(blocks[24].dim, 3);
  EXPECT_EQ(blocks[0].alpha, 4);
  EXPECT_EQ(blocks[0].conv_dim, 2);  // as for all
  EXPECT_EQ(blocks[12].dim, 0);
  EXPECT_EQ(blocks[12].conv_dim, 0);
  EXPECT_FALSE(is_by_block(options_of({}).blocks));
}

TEST(LoraBlocks, WhatNoModelHasIsRefused) {
  const auto refused = [](const std::string& argument, const char* part) {
    const Error error = formats::error_of([&] { options_of({argument}); });
    EXPECT_EQ(error.kind(), ErrorKind::invalid_request);
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
  };
  refused("block_dims=4,4", "25 of SD 1.x and 2.x, 23 of SDXL; 2 were given");
  refused("block_dims=" + list(25, "1.5"), "whole numbers");
  refused("block_alphas=" + list(25, "x"), "numbers from 0 on");
  refused("block_alphas=" + list(23, "-1"), "numbers from 0 on");
  refused("down_lr_weight=parabola", "reverse_linear");
  refused("up_lr_weight=linear+x", "reverse_linear");
  refused("mid_lr_weight=sine", "numbers with commas");
  refused("block_lr_zero_threshold=-1", "must not be negative");
  const LoraOptions of_sdxl = options_of({"block_dims=" + list(23, "4")});
  EXPECT_NO_THROW(LoraBlocks(of_sdxl, true));
  EXPECT_EQ(formats::error_of([&] { LoraBlocks(of_sdxl, false); }).kind(), ErrorKind::invalid_request);
}

}  // namespace
}  // namespace darkroom::train
