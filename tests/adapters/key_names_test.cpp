#include "adapters/key_names.h"

#include <gtest/gtest.h>

namespace darkroom::adapters {
namespace {

std::string split(std::string_view name) {
  const auto key = key_name(name);
  return key ? key->layer + " " + key->factor : "";
}

TEST(KeyNames, KohyaAndLycoris) {
  EXPECT_EQ(split("lora_unet_mid_block_attentions_0_proj_in.lora_up.weight"),
            "lora_unet_mid_block_attentions_0_proj_in lora_up.weight");
  EXPECT_EQ(split("lora_te_text_model_encoder_layers_0_mlp_fc1.alpha"),
            "lora_te_text_model_encoder_layers_0_mlp_fc1 alpha");
  EXPECT_EQ(split("oft_unet_input_blocks_1_1_proj_in.oft_blocks"), "lora_unet_input_blocks_1_1_proj_in oft_blocks");
  EXPECT_EQ(split("lycoris_down_blocks_0_resnets_0_conv1.lokr_w1"), "lora_unet_down_blocks_0_resnets_0_conv1 lokr_w1");
  EXPECT_EQ(split("lora_unet_conv_in.hada_w1_a"), "lora_unet_conv_in hada_w1_a");
  EXPECT_EQ(split("lora_unet_conv_in.weight"), "lora_unet_conv_in weight");  // IA3
  EXPECT_EQ(split("lora_unet_conv_in.b2.weight"), "lora_unet_conv_in b2.weight");
}

TEST(KeyNames, DiffusersAndPeft) {
  const std::string q = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q ";
  const std::string module = "down_blocks.0.attentions.0.transformer_blocks.0.attn1.";
  EXPECT_EQ(split("unet." + module + "to_q.lora_A.weight"), q + "lora_down.weight");
  EXPECT_EQ(split("unet." + module + "to_q.lora_B.default.weight"), q + "lora_up.weight");
  EXPECT_EQ(split("unet." + module + "to_q.lora.down.weight"), q + "lora_down.weight");
  EXPECT_EQ(split("unet." + module + "processor.to_q_lora.up.weight"), q + "lora_up.weight");
  EXPECT_EQ(split("base_model.model." + module + "to_q.lora_A.weight"), q + "lora_down.weight");
  EXPECT_EQ(split(module + "processor.to_q_lora.down.weight"), q + "lora_down.weight");
  EXPECT_EQ(split("unet." + module + "processor.to_out_lora.up.weight"),
            "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_out_0 lora_up.weight");
  EXPECT_EQ(split("unet." + module + "to_q.lora_magnitude_vector"), q + "dora_scale");
  EXPECT_EQ(split("text_encoder.text_model.encoder.layers.0.self_attn.to_out_lora.up.weight"),
            "lora_te1_text_model_encoder_layers_0_self_attn_out_proj lora_up.weight");
  EXPECT_EQ(split("text_encoder_2.text_model.encoder.layers.3.mlp.fc2.lora_linear_layer.down.weight"),
            "lora_te2_text_model_encoder_layers_3_mlp_fc2 lora_down.weight");
  EXPECT_EQ(split("base_model.model.text_model.encoder.layers.0.mlp.fc1.lora_A.weight"),
            "lora_te1_text_model_encoder_layers_0_mlp_fc1 lora_down.weight");
  EXPECT_EQ(split("diffusion_model.input_blocks.1.1.proj_in.lora_B.weight"),
            "lora_unet_input_blocks_1_1_proj_in lora_up.weight");
}

TEST(KeyNames, WhatIsNoAdaptersStaysOut) {
  for (const char* name : {"model.diffusion_model.out.2.weight", "emb_params", "lora_unet_x.lora_up.bias", ".alpha",
                           "alpha", "", "unet.conv_in.weight"})
    EXPECT_EQ(split(name), "") << name;
  EXPECT_EQ(key_name("unet.conv_in.lora_A.weight")->stem, "unet.conv_in");
}

}  // namespace
}  // namespace darkroom::adapters
