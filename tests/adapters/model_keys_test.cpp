#include "adapters/model_keys.h"

#include <set>

#include "adapters/adapters.h"

namespace darkroom::adapters {
namespace {

using formats::expect_error;

/// A family at full size, without weights: tensors nobody writes to take no memory.
checkpoint::Checkpoint full_size(const std::string& family) {
  checkpoint::Checkpoint model;
  models::UNetConfig unet;
  std::vector<models::ClipTextConfig> texts = {{}};
  if (family == "sd21") {
    unet = {.heads = {5, 10, 20, 20}, .context = 1024, .linear_projections = true};
    texts = {{.width = 1024, .inner = 4096, .layers = 23, .heads = 16}};
  }
  if (family == "sdxl") {
    unet = {.channels = {320, 640, 1280},
            .depth = {0, 2, 10},
            .middle_depth = 10,
            .heads = {5, 10, 20},
            .context = 2048,
            .vector = 2816,
            .linear_projections = true};
    texts.push_back({.width = 1280, .inner = 5120, .layers = 32, .heads = 20, .projection = 1280});
  }
  model.description.family = family == "sdxl"   ? checkpoint::Family::sdxl
                             : family == "sd21" ? checkpoint::Family::sd2
                                                : checkpoint::Family::sd1;
  model.unet = std::make_unique<models::UNet>(unet);
  for (const auto& text : texts) model.text_encoders.push_back(std::make_unique<models::ClipText>(text));
  return model;
}

/// kohya's targets (sd-scripts networks/lora.py), found by shape and name: every matrix and 1x1 kernel of the
/// transformers; with `conv` also those of residual blocks and of down- and upsampling.
std::set<std::string> kohya_targets(const ModelKeys& keys, const std::string& prefix, bool conv) {
  std::set<std::string> targets;
  for (const auto& [name, place] : keys.all()) {
    if (!name.starts_with(prefix) || name.find("norm") != name.npos || place.shape().size() < 2) continue;
    const bool text = place.is_text && (name.find("self_attn") != name.npos || name.find("mlp_fc") != name.npos);
    const bool transformer = name.find("_attentions_") != name.npos;
    const bool others = name.find("_resnets_") != name.npos || name.find("samplers_") != name.npos;
    if (text || transformer || (conv && others)) targets.insert(name);
  }
  return targets;
}

TEST(ModelKeys, KohyasCountsAtFullSize) {
  const auto counts = [](const std::string& family, const std::vector<std::string>& prefixes) {
    const checkpoint::Checkpoint model = full_size(family);
    const ModelKeys keys(model);
    std::vector<size_t> found = {kohya_targets(keys, "lora_unet_", false).size(),
                                 kohya_targets(keys, "lora_unet_", true).size()};
    for (const std::string& prefix : prefixes) found.push_back(kohya_targets(keys, prefix, false).size());
    return found;
  };
  EXPECT_EQ(counts("sd15", {"lora_te_", "lora_te2_"}), (std::vector<size_t>{192, 278, 72, 0}));
  EXPECT_EQ(counts("sd21", {"lora_te_"}), (std::vector<size_t>{192, 278, 138}));
  EXPECT_EQ(counts("sdxl", {"lora_te1_", "lora_te2_", "lora_te_"}), (std::vector<size_t>{722, 788, 72, 192, 0}));
}

TEST(ModelKeys, KohyasNamesLeadToTheOriginalOnes) {
  const checkpoint::Checkpoint model = full_size("sd15");
  const ModelKeys keys(model);
  const auto name = [&](const std::string& layer) {
    const Place* place = keys.find(layer);
    return place ? place->group->layers[size_t(place->first)].name : "";
  };
  // generation.md's table: 1 + 3i + j, 3 + 3i, 3i + j, 2 + 3i.
  EXPECT_EQ(name("lora_unet_down_blocks_1_attentions_1_proj_in"), "unet.input_blocks.5.1.proj_in");
  EXPECT_EQ(name("lora_unet_down_blocks_2_resnets_0_conv1"), "unet.input_blocks.7.0.in_layers.2");
  EXPECT_EQ(name("lora_unet_down_blocks_1_downsamplers_0_conv"), "unet.input_blocks.6.0.op");
  EXPECT_EQ(name("lora_unet_mid_block_attentions_0_proj_out"), "unet.middle_block.1.proj_out");
  EXPECT_EQ(name("lora_unet_mid_block_resnets_1_norm2"), "unet.middle_block.2.out_layers.0");
  EXPECT_EQ(name("lora_unet_up_blocks_2_attentions_1_proj_in"), "unet.output_blocks.7.1.proj_in");
  EXPECT_EQ(name("lora_unet_up_blocks_0_upsamplers_0_conv"), "unet.output_blocks.2.1.conv");
  EXPECT_EQ(name("lora_unet_up_blocks_1_upsamplers_0_conv"), "unet.output_blocks.5.2.conv");
  EXPECT_EQ(name("lora_unet_up_blocks_3_resnets_2_conv_shortcut"), "unet.output_blocks.11.0.skip_connection");
  EXPECT_EQ(name("lora_unet_down_blocks_0_resnets_1_time_emb_proj"), "unet.input_blocks.2.0.emb_layers.1");
  EXPECT_EQ(name("lora_unet_conv_in"), "unet.input_blocks.0.0");
  EXPECT_EQ(name("lora_unet_conv_out"), "unet.out.2");
  EXPECT_EQ(name("lora_unet_time_embedding_linear_2"), "unet.time_embed.2");
  EXPECT_EQ(name("lora_unet_input_blocks_4_1_transformer_blocks_0_attn2_to_k"),
            "unet.input_blocks.4.1.transformer_blocks.0.attn2.to_k");
  EXPECT_EQ(name("lora_te_text_model_encoder_layers_3_self_attn_q_proj"),
            "text_encoder.text_model.encoder.layers.3.self_attn.q_proj");
  EXPECT_EQ(name("lora_unet_down_blocks_3_attentions_0_proj_in"), "");
}

TEST(ModelKeys, OpenClipsAttentionIsThreeLayers) {
  const checkpoint::Checkpoint model = tiny_checkpoint("sdxl");
  const ModelKeys keys(model);
  const Place* fused = keys.find("lora_te2_transformer_resblocks_1_attn_in_proj");
  const Place* k = keys.find("lora_te2_text_model_encoder_layers_1_self_attn_k_proj");
  ASSERT_TRUE(fused && k);
  EXPECT_EQ(fused->group, k->group);
  EXPECT_EQ(fused->shape(), (Shape{72, 24}));
  EXPECT_EQ(k->shape(), (Shape{24, 24}));
  EXPECT_EQ(k->first, 1);
  const Place* fc = keys.find("lora_te2_transformer_resblocks_1_mlp_c_fc");
  ASSERT_TRUE(fc);
  EXPECT_EQ(fc->group->layers[0].name, "text_encoder_2.text_model.encoder.layers.1.mlp.fc1");
}

NamedTensors one_layer(const std::string& layer, const Shape& weight) {
  NamedTensors tensors;
  add_lora(tensors, layer, weight, 2, 1);
  return tensors;
}

const std::string kToK = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k";

TEST(Fit, ReportsLayersThatAreNotThere) {
  const checkpoint::Checkpoint model = tiny_checkpoint("sd15");
  const ModelKeys keys(model);
  NamedTensors tensors = one_layer(kToK, {8, 16});
  add_lora(tensors, "lora_unet_down_blocks_7_x", {8, 16}, 2, 5);
  const auto found = fitted(tensors, keys);
  EXPECT_EQ(found->modules.size(), 1u);
  EXPECT_EQ(found->unmatched, (std::vector<std::string>{"lora_unet_down_blocks_7_x"}));
  EXPECT_TRUE(found->notes.empty());
}

TEST(Fit, RefusesFilesOfAnotherModelAndSaysOfWhich) {
  const checkpoint::Checkpoint model = tiny_checkpoint("sd15");
  const ModelKeys keys(model);
  expect_error(ErrorKind::unsupported,
               "it must be made for this model, which is SD 1.x; \"" + kToK +
                   "\": the change has the shape [8, 2048], the weight [8, 16]; the file was made for SDXL",
               [&] {
                 fitted(one_layer(kToK, {8, 2048}), keys);
               });
  expect_error(ErrorKind::unsupported, "the file was made for SD 2.x", [&] {
    fitted(one_layer(kToK, {8, 1024}), keys);
  });
  expect_error(ErrorKind::unsupported, "none of its 1 layers is in the model (lora_te2_x); the file was made for SDXL",
               [&] {
                 fitted(one_layer("lora_te2_x", {8, 8}), keys);
               });
  expect_error(ErrorKind::unsupported, "the file was made for FLUX or SD 3", [&] {
    fitted(one_layer("lora_unet_double_blocks_0_img_attn_proj", {8, 8}), keys);
  });
  // The shapes fit by chance: said, not refused.
  const auto found = fitted(one_layer(kToK, {8, 16}), keys, {{"ss_base_model_version", "sdxl_base_v1-0"}});
  EXPECT_EQ(found->notes, (std::vector<std::string>{"it seems to be made for SDXL, the model is SD 1.x"}));
}

TEST(Fit, RefusesALayerUnderTwoNames) {
  const checkpoint::Checkpoint model = tiny_checkpoint("sd15");
  const ModelKeys keys(model);
  NamedTensors tensors = one_layer(kToK, {8, 16});
  add_lora(tensors, "lora_unet_input_blocks_1_1_transformer_blocks_0_attn2_to_k", {8, 16}, 2, 5);
  expect_error(ErrorKind::corrupt_file, "comes under two names", [&] { fitted(tensors, keys); });
}

TEST(Fit, NotesWhatIsUnusual) {
  const checkpoint::Checkpoint model = tiny_checkpoint("sd15");
  const ModelKeys keys(model);
  NamedTensors tensors;
  add_lora(tensors, kToK, {8, 16}, 9, 1, /*alpha=*/0);
  tensors[kToK + ".dora_scale"] = at::ones({8, 1});
  const auto notes = fitted(tensors, keys)->notes;
  ASSERT_EQ(notes.size(), 3u);
  EXPECT_TRUE(notes[0].starts_with("alpha is 0, so these layers are not changed")) << notes[0];
  EXPECT_TRUE(notes[1].starts_with("the rank is larger than the layer")) << notes[1];
  EXPECT_TRUE(notes[2].starts_with("dora_scale has a value per output")) << notes[2];
}

TEST(Fit, RefusesValuesThatAreNoNumbers) {
  const checkpoint::Checkpoint model = tiny_checkpoint("sd15");
  const ModelKeys keys(model);
  for (const double bad : {std::nan(""), double(INFINITY)}) {
    NamedTensors tensors = one_layer(kToK, {8, 16});
    tensors[kToK + ".lora_up.weight"][3][1] = bad;
    expect_error(ErrorKind::corrupt_file, "lora_up.weight of \"" + kToK + "\" holds values that are no numbers",
                 [&] { fitted(tensors, keys); });
  }
}

}  // namespace
}  // namespace darkroom::adapters
