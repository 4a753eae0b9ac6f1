#include "adapters/report.h"

#include "adapters/adapters.h"
#include "adapters/delta.h"
#include "formats/safetensors.h"

namespace darkroom::adapters {
namespace {

using formats::expect_error;
using formats::TemporaryFolder;

const std::string kTinyModel = std::string(DARKROOM_TESTS_DIR) + "/golden/tiny/sd15.safetensors";
const std::string kAttention = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q";
const std::string kText = "lora_te_text_model_encoder_layers_0_mlp_fc1";

std::filesystem::path written(const TemporaryFolder& folder, const std::string& name, const NamedTensors& tensors,
                              const std::map<std::string, std::string>& metadata = {}) {
  std::vector<std::pair<std::string, formats::StoredTensor>> stored;
  for (const auto& [key, tensor] : tensors) stored.emplace_back(key, checkpoint::stored_tensor(tensor));
  formats::write_safetensors(folder / name, stored, metadata);
  return folder / name;
}

NamedTensors demo(double alpha = 1, int64_t rank = 2) {
  NamedTensors tensors;
  add_lora(tensors, kAttention, {8, 8}, rank, 1, alpha);
  add_lora(tensors, kText, {64, 16}, rank, 3, alpha);
  return tensors;
}

TEST(Report, SaysKindRankAlphaScaleAndBlocks) {
  const TemporaryFolder folder;
  NamedTensors tensors = demo();
  tensors["stray"] = at::ones({1});
  tensors["lora_unet_nowhere.diff"] = at::ones({4});
  tensors["lora_unet_mid_block_resnets_0_conv1.weight"] = at::ones({16});
  tensors["lora_unet_mid_block_resnets_0_conv1.on_input"] = scalar_tensor(0);
  const auto path = written(folder, "a.safetensors", tensors, {{"ss_v2", "False"}});
  const AdapterReport report = inspect_adapter(path);
  EXPECT_EQ(report.ranks, (std::map<int64_t, size_t>{{2, 2}}));
  EXPECT_EQ(report.alphas, (std::map<double, size_t>{{1, 2}}));
  EXPECT_EQ(report.scales, (std::map<double, size_t>{{0.5, 2}, {1, 2}}));
  EXPECT_EQ(report.kinds.size(), 3u);
  EXPECT_EQ(report.unknown_changes, 1u);
  EXPECT_EQ(report.unused, (std::vector<std::string>{"stray"}));
  EXPECT_EQ(report.metadata.at("ss_v2"), "False");
  ASSERT_EQ(report.blocks.size(), 4u);
  EXPECT_EQ(report.blocks[0].name, "down_blocks.0");
  const double q = (at::matmul(tensors[kAttention + ".lora_up.weight"], tensors[kAttention + ".lora_down.weight"]) / 2)
                       .norm()
                       .item<double>();
  EXPECT_NEAR(report.blocks[0].change, q, 1e-6);
  EXPECT_EQ(report.blocks[0].relative, 0);
  EXPECT_EQ(report.blocks[3].name, "text_encoder");

  const AdapterReport fitted = inspect_adapter(path, kTinyModel);
  EXPECT_EQ(fitted.unmatched, (std::vector<std::string>{"lora_unet_nowhere"}));
  EXPECT_EQ(fitted.unknown_changes, 0u);
  EXPECT_GT(fitted.blocks[0].relative, 0);
  EXPECT_NEAR(fitted.blocks[1].relative, 1, 1e-6);  // IA3 with ones: the change is the weight
}

TEST(Compare, AlphaAndWeightTradeOff) {
  const TemporaryFolder folder;
  const auto half = written(folder, "half.safetensors", demo(32, 64)),
             whole = written(folder, "whole.safetensors", demo(64, 64));
  const AdapterComparison same = compare_adapters({half, 1}, {whole, 0.5});
  EXPECT_EQ(same.relative(), 0);
  EXPECT_EQ(same.shared, 2u);
  EXPECT_NEAR(same.cosine, 1, 1e-9);
  const AdapterComparison quarter = compare_adapters({whole, 1}, {half, 0.5});
  EXPECT_NEAR(quarter.second / quarter.first, 0.25, 1e-9);
  EXPECT_NEAR(quarter.relative(), 0.75, 1e-6);
  EXPECT_NEAR(compare_adapters({whole, 1}, {whole, -1}).cosine, -1, 1e-9);
}

TEST(Compare, FilesThatShareNothing) {
  const TemporaryFolder folder;
  NamedTensors other;
  add_lora(other, "lora_unet_conv_in", {8, 4, 3, 3}, 2, 1);
  const AdapterComparison found =
      compare_adapters({written(folder, "a.safetensors", demo())}, {written(folder, "b.safetensors", other)});
  EXPECT_EQ(found.only_first, 2u);
  EXPECT_EQ(found.only_second, 1u);
  EXPECT_EQ(found.cosine, 0);
  EXPECT_NEAR(found.difference * found.difference, found.first * found.first + found.second * found.second, 1e-6);
}

TEST(Compare, WhatDependsOnTheWeightNeedsTheModel) {
  const TemporaryFolder folder;
  NamedTensors tensors = demo();
  tensors[kAttention + ".dora_scale"] = at::ones({1, 8});
  const auto dora = written(folder, "a.safetensors", tensors);
  expect_error(ErrorKind::invalid_request, "depends on the weight; give the model with --model",
               [&] { compare_adapters({dora}, {dora}); });
  EXPECT_EQ(compare_adapters({dora}, {dora}, kTinyModel).relative(), 0);
  NamedTensors wide = demo();
  add_lora(wide, kAttention, {16, 8}, 2, 1);
  const auto plain = written(folder, "b.safetensors", demo()), other = written(folder, "c.safetensors", wide);
  expect_error(ErrorKind::unsupported, "they are for different models", [&] { compare_adapters({plain}, {other}); });
}

}  // namespace
}  // namespace darkroom::adapters
