#include "adapters/merge.h"

#include <random>

#include "adapters/adapters.h"

namespace darkroom::adapters {
namespace {

const std::string kQ = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q";
const std::string kFc = "lora_te_text_model_encoder_layers_0_mlp_fc1";

/// The address and the bytes of every parameter.
std::vector<std::pair<const void*, Tensor>> state_of(const checkpoint::Checkpoint& model) {
  std::vector<std::pair<const void*, Tensor>> state;
  const auto add = [&](layers::Module& network) {
    for (const auto& [name, tensor] : network.named_parameters())
      state.emplace_back(tensor->data_ptr(), tensor->clone());
  };
  add(*model.unet);
  for (const auto& text : model.text_encoders) add(*text);
  return state;
}

bool same(const std::vector<std::pair<const void*, Tensor>>& a, const std::vector<std::pair<const void*, Tensor>>& b) {
  for (size_t i = 0; i < a.size(); ++i)
    if (a[i].first != b[i].first || !a[i].second.equal(b[i].second)) return false;
  return a.size() == b.size();
}

struct World {
  checkpoint::Checkpoint model = tiny_checkpoint("sd15");
  ModelKeys keys{model};
  Merge merge;

  const Layer& layer(const std::string& name) const {
    const Place* place = keys.find(name);
    return place->group->layers[size_t(place->first)];
  }
  Tensor weight(const std::string& name) const { return *layer(name).weight; }
};

NamedTensors two_layers(uint64_t seed) {
  NamedTensors tensors;
  add_lora(tensors, kQ, {8, 8}, 2, seed, 1);
  add_lora(tensors, kFc, {64, 16}, 2, seed + 2, 1);
  return tensors;
}

TEST(Merge, AddsWeightTimesAlphaOverRankTimesUpDown) {
  World world;
  const Tensor q = world.weight(kQ).clone(), fc = world.weight(kFc).clone();
  const NamedTensors tensors = two_layers(1);
  EXPECT_EQ(world.merge.set({{fitted(tensors, world.keys), /*text=*/0.3, /*unet=*/0.7}}), 2u);
  const auto expected = [&](const Tensor& weight, const std::string& layer, double multiplier) {
    return weight + at::matmul(tensors.at(layer + ".lora_up.weight"), tensors.at(layer + ".lora_down.weight")) * 0.5 *
                        multiplier;
  };
  EXPECT_TRUE(world.weight(kQ).allclose(expected(q, kQ, 0.7), 0, 1e-6));
  EXPECT_TRUE(world.weight(kFc).allclose(expected(fc, kFc, 0.3), 0, 1e-6));
  EXPECT_EQ(world.merge.set({}), 2u);
  EXPECT_TRUE(world.weight(kQ).equal(q));
}

TEST(Merge, OnlyWhatDiffersIsTouched) {
  World world;
  const auto a = fitted(two_layers(1), world.keys);
  NamedTensors other;
  add_lora(other, kQ, {8, 8}, 2, 9);
  const auto b = fitted(other, world.keys);
  EXPECT_EQ(world.merge.set({{a}, {b}}), 2u);
  EXPECT_EQ(world.merge.set({{a}, {b}}), 0u);
  EXPECT_EQ(world.merge.set({{a}, {b, 1, 0.5}}), 1u);       // only the layer b knows
  EXPECT_EQ(world.merge.set({{a, 0.5}, {b, 1, 0.5}}), 1u);  // the text encoder's
  EXPECT_EQ(world.merge.set({{a, 0.5}, {b, 1, 0}}), 1u);
  EXPECT_EQ(world.merge.set({{a, 0.5}}), 0u);  // a weight of 0 is no change
}

TEST(Merge, OrderIsThatOfTheListAndEachIsRounded) {
  World world;
  world.model.unet->convert_to(at::kBFloat16);
  const Tensor before = world.weight(kQ);
  NamedTensors first, second;
  add_lora(first, kQ, {8, 8}, 2, 3);
  second = {{kQ + ".weight", numbers({8}, 4)}, {kQ + ".on_input", scalar_tensor(0)}};  // IA3: acts on what is there
  const auto a = fitted(first, world.keys), b = fitted(second, world.keys);
  world.merge.set({{a}, {b}});
  const Tensor added =
      (before.to(at::kFloat) + change(*a->modules[0].module, before).weight).to(at::kBFloat16).to(at::kFloat);
  const Tensor expected = (added + added * second.at(kQ + ".weight").reshape({-1, 1})).to(at::kBFloat16);
  EXPECT_TRUE(world.weight(kQ).equal(expected));
  const Tensor a_then_b = world.weight(kQ);
  world.merge.set({{b}, {a}});
  EXPECT_FALSE(world.weight(kQ).equal(a_then_b));
}

TEST(Merge, OfWeightsStoredInLessHasTheBitsOfConvertedOnes) {
  World converted;
  checkpoint::Checkpoint stored = checkpoint::load_checkpoint(
      std::string(DARKROOM_TESTS_DIR) + "/golden/tiny/sd15.safetensors", {.keep_half = true});
  const ModelKeys keys(stored);
  Merge merge;
  const auto before = state_of(stored);
  NamedTensors tensors = two_layers(1);
  add_lora(tensors, "lora_unet_conv_in", {8, 4, 3, 3}, 2, 5);
  merge.set({{fitted(tensors, keys), 0.3, 0.7}, {fitted(two_layers(9), keys)}});
  converted.merge.set({{fitted(tensors, converted.keys), 0.3, 0.7}, {fitted(two_layers(9), converted.keys)}});
  int64_t bytes = 0;
  for (const std::string& name : {kQ, kFc, std::string("lora_unet_conv_in")}) {
    const Tensor& weight = *keys.find(name)->group->layers[0].weight;
    EXPECT_EQ(weight.scalar_type(), at::kFloat);
    EXPECT_TRUE(weight.equal(converted.weight(name))) << name;
    bytes += int64_t(weight.nbytes());
  }
  EXPECT_EQ(merge.bytes(), bytes);
  merge.set({});
  EXPECT_TRUE(same(state_of(stored), before)) << "the file's own";
  EXPECT_EQ(merge.bytes(), 0);
}

TEST(Merge, FiftyRandomSetsComeBackBitForBit) {
  World world;
  const auto before = state_of(world.model);
  const NamedTensors ia3 = {{kQ + ".weight", numbers({8}, 4)}, {kQ + ".on_input", scalar_tensor(1)}};
  const std::vector<std::shared_ptr<const FittedAdapter>> adapters = {
      fitted(two_layers(1), world.keys), fitted(two_layers(5), world.keys), fitted(ia3, world.keys)};
  std::mt19937 random(7);
  std::map<std::string, Tensor> seen;  // the same set gives the same weights, whatever came before
  for (int round = 0; round < 50; ++round) {
    std::vector<WantedAdapter> wanted;
    std::string key;
    for (int i = int(random() % 4); i > 0; --i) {
      const size_t which = random() % adapters.size();
      const double weight = double(int(random() % 5) - 2) / 2;
      wanted.push_back({adapters[which], weight, weight});
      key += std::to_string(which) + ":" + std::to_string(weight) + " ";
    }
    world.merge.set(wanted);
    const Tensor now = world.weight(kQ).clone();
    const auto [entry, is_new] = seen.emplace(key, now);
    EXPECT_TRUE(is_new || entry->second.equal(now)) << key;
    if (wanted.empty()) {
      EXPECT_TRUE(same(state_of(world.model), before));
    }
  }
  EXPECT_GT(seen.size(), 5u);
  world.merge.set({});
  EXPECT_TRUE(same(state_of(world.model), before));  // the very tensors: their memory is the mapped file's
  for (const auto& [name, tensor] : world.model.unet->named_parameters())
    EXPECT_EQ(tensor->use_count(), 1u) << name;  // nothing is kept aside
}

TEST(Merge, BiasesChangeAndComeBack) {
  World world;
  const Layer& layer = world.layer("lora_unet_mid_block_resnets_0_norm1");
  const Tensor weight = layer.weight->clone(), bias = layer.bias->clone();
  const NamedTensors tensors = {{"lora_unet_mid_block_resnets_0_norm1.w_norm", numbers(weight.sizes().vec(), 1)},
                                {"lora_unet_mid_block_resnets_0_norm1.b_norm", numbers(bias.sizes().vec(), 2)}};
  world.merge.set({{fitted(tensors, world.keys), 1, 0.5}});
  EXPECT_TRUE(layer.bias->allclose(bias + numbers(bias.sizes().vec(), 2) * 0.5, 0, 1e-6));
  world.merge.set({});
  EXPECT_TRUE(layer.bias->equal(bias));
  EXPECT_TRUE(layer.weight->equal(weight));
}

TEST(Merge, OneTensorOfOpenClipChangesQKAndV) {
  checkpoint::Checkpoint model = tiny_checkpoint("sdxl");
  const ModelKeys keys(model);
  Merge merge;
  const std::string fused = "lora_te2_transformer_resblocks_1_attn_in_proj";
  const LayerGroup& group = *keys.find(fused)->group;
  const std::vector<Tensor> before = {*group.layers[0].weight, *group.layers[1].weight, *group.layers[2].weight};
  const Tensor diff = numbers({72, 24}, 1), diff_b = numbers({72}, 2);
  const Tensor bias = group.layers[2].bias->clone();
  merge.set({{fitted({{fused + ".diff", diff}, {fused + ".diff_b", diff_b}}, keys)}});
  for (int64_t i = 0; i < 3; ++i)
    EXPECT_TRUE(group.layers[size_t(i)].weight->equal(before[size_t(i)] + diff.narrow(0, 24 * i, 24)));
  EXPECT_TRUE(group.layers[2].bias->equal(bias + diff_b.narrow(0, 48, 24)));
  merge.set({});
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(group.layers[i].weight->data_ptr(), before[i].data_ptr());
}

TEST(Merge, InpaintingModelsTakeAdaptersOfPlainOnes) {
  checkpoint::Checkpoint model;
  models::UNetConfig config = tiny_checkpoint("sd15").unet->config;
  config.in_channels = 9;
  model.unet = std::make_unique<models::UNet>(config);
  for (const auto& [name, tensor] : model.unet->named_parameters()) tensor->zero_();
  const ModelKeys keys(model);
  Merge merge;
  const Tensor plain = numbers({8, 4, 3, 3}, 1), own = numbers({8, 9, 3, 3}, 2);
  const Tensor& weight = *keys.find("lora_unet_conv_in")->group->layers[0].weight;
  merge.set({{fitted({{"lora_unet_conv_in.diff", plain}}, keys)}});
  EXPECT_TRUE(weight.narrow(1, 0, 4).equal(plain));
  EXPECT_EQ(weight.narrow(1, 4, 5).abs().max().item<float>(), 0);
  merge.set({{fitted({{"lora_unet_conv_in.diff", own}}, keys)}});
  EXPECT_TRUE(weight.equal(own));
}

}  // namespace
}  // namespace darkroom::adapters
