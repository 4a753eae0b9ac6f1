#include "models/names.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "formats/safetensors.h"

namespace darkroom::models {
namespace {

const std::string kGolden = std::string(DARKROOM_TESTS_DIR) + "/golden/";

std::set<std::string> names_in(const std::string& file, const std::string& prefix = "") {
  std::set<std::string> names;
  for (const auto& [name, tensor] : formats::read_safetensors(kGolden + file).tensors) {
    if (name.starts_with(prefix)) names.insert(name.substr(prefix.size()));
  }
  return names;
}

/// Names below a prefix of a full-size family's file.
std::set<std::string> listed_names(const std::string& family, const std::string& prefix) {
  std::set<std::string> names;
  std::ifstream file(kGolden + "keys_" + family + ".txt");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(prefix)) names.insert(line.substr(prefix.size(), line.find(' ') - prefix.size()));
  }
  return names;
}

class NamesOfFamily : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Families, NamesOfFamily, testing::Values("sd15", "sd21", "sdxl"));

TEST_P(NamesOfFamily, UNetNamesAreThoseDiffusersWrites) {
  UNetConfig config;
  config.res_blocks = 1;
  std::set<std::string> translated;
  for (const auto& name : names_in("tiny/" + GetParam() + ".safetensors", "model.diffusion_model.")) {
    EXPECT_TRUE(translated.insert(diffusers_unet_name(name, config)).second) << name;
  }
  EXPECT_EQ(translated, names_in("tiny/" + GetParam() + "/unet/diffusion_pytorch_model.safetensors"));
}

TEST_P(NamesOfFamily, VaeNamesAreThoseDiffusersWrites) {
  VaeConfig config;
  config.channels = {4, 4, 8};
  std::set<std::string> translated;
  for (const auto& name : names_in("tiny/" + GetParam() + ".safetensors", "first_stage_model.")) {
    EXPECT_TRUE(translated.insert(diffusers_vae_name(name, config)).second) << name;
  }
  EXPECT_EQ(translated, names_in("tiny/" + GetParam() + "/vae/diffusion_pytorch_model.safetensors"));
}

TEST_P(NamesOfFamily, NoTwoFullSizeNamesMeet) {
  const auto unet = listed_names(GetParam(), "model.diffusion_model.");
  const auto vae = listed_names(GetParam(), "first_stage_model.");
  ASSERT_GE(unet.size(), 686u);
  ASSERT_EQ(vae.size(), 248u);
  std::set<std::string> translated;
  for (const auto& name : unet) EXPECT_TRUE(translated.insert(diffusers_unet_name(name, {})).second) << name;
  translated.clear();
  for (const auto& name : vae) EXPECT_TRUE(translated.insert(older_diffusers_vae_name(name, {})).second) << name;
}

TEST(Names, KnownPairsOfTheFullSizeModels) {
  const UNetConfig unet;
  EXPECT_EQ(diffusers_unet_name("input_blocks.3.0.op.bias", unet), "down_blocks.0.downsamplers.0.conv.bias");
  EXPECT_EQ(diffusers_unet_name("input_blocks.5.1.transformer_blocks.0.attn2.to_k.weight", unet),
            "down_blocks.1.attentions.1.transformer_blocks.0.attn2.to_k.weight");
  EXPECT_EQ(diffusers_unet_name("output_blocks.2.1.conv.weight", unet), "up_blocks.0.upsamplers.0.conv.weight");
  EXPECT_EQ(diffusers_unet_name("output_blocks.8.2.conv.weight", unet), "up_blocks.2.upsamplers.0.conv.weight");
  EXPECT_EQ(diffusers_unet_name("middle_block.2.emb_layers.1.weight", unet),
            "mid_block.resnets.1.time_emb_proj.weight");
  const VaeConfig vae;
  EXPECT_EQ(diffusers_vae_name("decoder.up.3.upsample.conv.weight", vae),
            "decoder.up_blocks.0.upsamplers.0.conv.weight");
  EXPECT_EQ(diffusers_vae_name("encoder.mid.attn_1.proj_out.bias", vae),
            "encoder.mid_block.attentions.0.to_out.0.bias");
  EXPECT_EQ(older_diffusers_vae_name("encoder.mid.attn_1.proj_out.bias", vae),
            "encoder.mid_block.attentions.0.proj_attn.bias");
  EXPECT_EQ(diffusers_vae_name("post_quant_conv.weight", vae), "post_quant_conv.weight");
}

TEST(Names, OpenClipFusesQueryKeyAndValue) {
  const auto key = open_clip_name("text_model.encoder.layers.3.self_attn.k_proj.bias");
  EXPECT_EQ(key.name, "transformer.resblocks.3.attn.in_proj_bias");
  EXPECT_EQ(key.form, StoredForm::second_third);
  const auto projection = open_clip_name("text_projection.weight");
  EXPECT_EQ(projection.name, "text_projection");
  EXPECT_EQ(projection.form, StoredForm::transposed);
  EXPECT_EQ(open_clip_name("text_model.embeddings.position_embedding.weight").name, "positional_embedding");
}

TEST(Names, OpenClipNamesCoverTheFileOfSdxl) {
  std::set<std::string> translated;
  for (const auto& name : names_in("tiny/sdxl/text_encoder_2/model.safetensors")) {
    translated.insert(open_clip_name(name).name);
  }
  auto file = names_in("tiny/sdxl.safetensors", "conditioner.embedders.1.model.");
  file.erase("logit_scale");
  EXPECT_EQ(translated, file);
}

}  // namespace
}  // namespace darkroom::models
