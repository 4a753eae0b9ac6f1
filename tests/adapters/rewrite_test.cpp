#include "adapters/rewrite.h"

#include "adapters/adapters.h"
#include "adapters/merge.h"
#include "formats/safetensors.h"

namespace darkroom::adapters {
namespace {

using formats::expect_error;
using formats::TemporaryFolder;

const std::string kModel = std::string(DARKROOM_TESTS_DIR) + "/golden/tiny/sd15.safetensors";
const std::string kTo = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q";
const std::string kConv = "lora_unet_down_blocks_0_resnets_0_conv1";

struct RewriteWorld {
  TemporaryFolder folder;

  std::filesystem::path write(const std::string& name, const NamedTensors& tensors,
                              const std::map<std::string, std::string>& metadata = {}) {
    std::vector<std::pair<std::string, formats::StoredTensor>> stored;
    for (const auto& [key, tensor] : tensors) stored.emplace_back(key, checkpoint::stored_tensor(tensor));
    formats::write_safetensors(folder / name, stored, metadata);
    return folder / name;
  }
  std::filesystem::path lora(const std::string& name, uint64_t seed, int64_t rank = 4, double alpha = 2) {
    NamedTensors tensors;
    add_lora(tensors, kTo, {8, 8}, rank, seed, alpha);
    add_lora(tensors, kConv, {8, 8, 3, 3}, rank, seed + 2, alpha);
    return write(name, tensors, {{"ss_network_alpha", "2"}, {"sshs_model_hash", "old"}, {"ss_tag", "kept"}});
  }
};

TEST(Scale, AlphaIsWrittenAndAWeightIsBaked) {
  RewriteWorld world;
  const auto in = world.lora("in.safetensors", 1), out = world.folder / "out.safetensors";
  scale_adapter(in, out, {.alpha = 8});
  EXPECT_EQ(compare_adapters({in, 4}, {out}).relative(), 0);
  const auto file = read_adapter_file(out);
  EXPECT_EQ(file.metadata.at("ss_network_alpha"), "8");
  EXPECT_EQ(file.metadata.at("ss_network_dim"), "4");
  EXPECT_EQ(file.metadata.at("ss_tag"), "kept");
  EXPECT_FALSE(file.metadata.contains("sshs_model_hash"));
  scale_adapter(in, out, {.weight = 0.25});
  EXPECT_EQ(compare_adapters({in, 0.25}, {out}).relative(), 0);
  scale_adapter(in, out, {.alpha = 4, .weight = -0.5});
  EXPECT_EQ(compare_adapters({in, -1}, {out}).relative(), 0);
}

TEST(Scale, EveryKindThatFollowsAWeightDoes) {
  RewriteWorld world;
  NamedTensors tensors = {{"lora_unet_a.diff", numbers({4, 4}, 1)},      {"lora_unet_a.diff_b", numbers({4}, 2)},
                          {"lora_unet_b.lokr_w1", numbers({2, 2}, 3)},   {"lora_unet_b.lokr_w2", numbers({2, 2}, 4)},
                          {"lora_unet_c.hada_w1_a", numbers({4, 2}, 5)}, {"lora_unet_c.hada_w1_b", numbers({2, 4}, 6)},
                          {"lora_unet_c.hada_w2_a", numbers({4, 2}, 7)}, {"lora_unet_c.hada_w2_b", numbers({2, 4}, 8)}};
  add_lora(tensors, "unet.d", {4, 4}, 2, 9);
  tensors["unet.d.scale"] = scalar_tensor(0.3);
  const auto in = world.write("in.safetensors", tensors), out = world.folder / "out.safetensors";
  scale_adapter(in, out, {.weight = 0.5});
  EXPECT_LT(compare_adapters({in, 0.5}, {out}).relative(), 1e-6);
  const auto file = read_adapter_file(out);
  EXPECT_TRUE(checkpoint::tensor_view(file.modules[0].factors.at("diff_b")).allclose(numbers({4}, 2) * 0.5));
  tensors["unet.d.dora_scale"] = at::ones({4, 1});
  const auto dora = world.write("dora.safetensors", tensors);
  expect_error(ErrorKind::unsupported, "\"unet.d\" is DoRA, which does not follow a weight in proportion",
               [&] { scale_adapter(dora, out, {.weight = 0.5}); });
}

TEST(MergeFiles, RanksSideBySideAreExact) {
  RewriteWorld world;
  const auto a = world.lora("a.safetensors", 1, 4, 2), b = world.lora("b.safetensors", 7, 2, 8);
  const auto out = world.folder / "out.safetensors";
  const RankReport report = merge_adapters({{a, 0.7}, {b, -0.4}}, out);
  EXPECT_EQ(report.layers, 2u);
  EXPECT_EQ(report.most_rank, 6);
  EXPECT_EQ(report.kept, 1);
  // In the weights of a model: both, and the one file, are the same.
  const checkpoint::Checkpoint model = tiny_checkpoint("sd15");
  const ModelKeys keys(model);
  Merge merge;
  const auto load = [&](const std::filesystem::path& path) {
    return std::make_shared<const FittedAdapter>(
        fit(std::make_shared<const AdapterFile>(read_adapter_file(path)), keys));
  };
  for (const std::string& layer : {kTo, kConv}) {
    const Tensor& weight = *keys.find(layer)->group->layers[0].weight;
    merge.set({{load(a), 0.7, 0.7}, {load(b), -0.4, -0.4}});
    const Tensor both = weight.clone();
    merge.set({{load(out)}});
    EXPECT_TRUE(both.allclose(weight, 1e-5, 1e-6));
    merge.set({});
  }
}

TEST(MergeFiles, OtherKindsBecomeALoraOfTheRankGiven) {
  RewriteWorld world;
  const auto a = world.lora("a.safetensors", 1);
  const auto b = world.write("b.safetensors", {{kTo + ".diff", numbers({8, 8}, 5)}});
  const auto out = world.folder / "out.safetensors";
  expect_error(ErrorKind::invalid_request, "give one with --rank", [&] { merge_adapters({{b}}, out); });
  EXPECT_NEAR(merge_adapters({{a}, {b}}, out, {.rank = 8}).kept, 1, 1e-6);
  const auto only_b = world.folder / "b8.safetensors";
  merge_adapters({{b}}, only_b, {.rank = 8});
  EXPECT_LT(compare_adapters({b}, {only_b}).relative(), 1e-5);
  EXPECT_LT(merge_adapters({{b}}, out, {.rank = 2}).kept, 0.99);
  const auto ia3 =
      world.write("c.safetensors", {{kTo + ".weight", at::ones({8})}, {kTo + ".on_input", scalar_tensor(0)}});
  expect_error(ErrorKind::unsupported, "depends on the model's weights",
               [&] { merge_adapters({{ia3}}, out, {.rank = 2}); });
}

TEST(Resize, IsAsNearAsTheRankAllowsAndKeepsTheScale) {
  RewriteWorld world;
  const auto a = world.lora("a.safetensors", 1, 4, 2), out = world.folder / "out.safetensors";
  const RankReport report = resize_adapter(a, out, {.rank = 3});
  EXPECT_EQ(report.most_rank, 3);
  const auto file = read_adapter_file(out);
  EXPECT_EQ(own_scale(Kind::lora, file.modules[0].factors), 0.5);
  const double off = compare_adapters({a}, {out}).relative();
  EXPECT_NEAR(off, std::sqrt(1 - report.kept * report.kept), 1e-5);
  resize_adapter(a, out, {.rank = 4});
  EXPECT_LT(compare_adapters({a}, {out}).relative(), 1e-6);
  const auto full = world.write("b.safetensors", {{kTo + ".diff", numbers({8, 8}, 5)}});
  expect_error(ErrorKind::unsupported, "whose rank cannot be changed", [&] { resize_adapter(full, out, {.rank = 2}); });
}

TEST(Resize, RefusesValuesThatAreNoNumbers) {
  RewriteWorld world;
  NamedTensors tensors;
  add_lora(tensors, kTo, {8, 8}, 2, 1);
  tensors[kTo + ".lora_up.weight"][1][1] = NAN;
  const auto bad = world.write("bad.safetensors", tensors), out = world.folder / "out.safetensors";
  const std::string what = "holds values that are no numbers";
  expect_error(ErrorKind::corrupt_file, what, [&] { resize_adapter(bad, out, {.rank = 1}); });
  expect_error(ErrorKind::corrupt_file, what, [&] { merge_adapters({{bad}}, out); });
  expect_error(ErrorKind::corrupt_file, what, [&] { compare_adapters({bad}, {bad}); });
  expect_error(ErrorKind::corrupt_file, what, [&] { inspect_adapter(bad); });
  EXPECT_FALSE(std::filesystem::exists(out));
}

TEST(MergeIntoCheckpoint, IsTheModelWithTheAdaptersActing) {
  RewriteWorld world;
  const auto a = world.lora("a.safetensors", 1), out = world.folder / "out.safetensors";
  merge_into_checkpoint({{a, 0.5}}, kModel, out, /*whole=*/true);
  const checkpoint::Checkpoint merged = checkpoint::load_checkpoint(out), model = tiny_checkpoint("sd15");
  const ModelKeys keys(model);
  Merge merge;
  merge.set(
      {{std::make_shared<const FittedAdapter>(fit(std::make_shared<const AdapterFile>(read_adapter_file(a)), keys)),
        0.5, 0.5}});
  const auto expected = model.unet->named_parameters(), found = merged.unet->named_parameters();
  ASSERT_EQ(expected.size(), found.size());
  for (size_t i = 0; i < found.size(); ++i) EXPECT_TRUE(found[i].second->equal(*expected[i].second)) << found[i].first;
}

}  // namespace
}  // namespace darkroom::adapters
