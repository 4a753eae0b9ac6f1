#include "adapters/layer_changes.h"

#include "adapters/adapters.h"
#include "adapters/known_weights.h"
#include "formats/file_kind.h"
#include "formats/safetensors.h"

namespace darkroom::adapters {
namespace {

using formats::expect_error;
using formats::TemporaryFolder;

const std::string kTinyModel = std::string(DARKROOM_TESTS_DIR) + "/golden/tiny/sd15.safetensors";
const std::string kQuery = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q";

std::filesystem::path saved(const std::filesystem::path& path, const NamedTensors& tensors) {
  std::vector<std::pair<std::string, formats::StoredTensor>> stored;
  for (const auto& [key, tensor] : tensors) stored.emplace_back(key, checkpoint::stored_tensor(tensor));
  formats::write_safetensors(path, stored);
  return path;
}

Tensor tensor_of(const LayerChange& change) {
  return at::tensor(change.weight).reshape(change.shape);
}

TEST(LayerChanges, AreThoseOfTheFileAtItsWeight) {
  const TemporaryFolder folder;
  NamedTensors tensors;
  add_lora(tensors, kQuery, {8, 8}, 2, 1);
  tensors["lora_unet_x.diff"] = numbers({4, 3}, 7);
  tensors["lora_unet_x.diff_b"] = numbers({4}, 8);
  const auto path = saved(folder / "a.safetensors", tensors);
  const auto changes = layer_changes({path, 0.5}, {});
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_EQ(changes[0].layer, kQuery);
  const Tensor product = at::matmul(tensors[kQuery + ".lora_up.weight"], tensors[kQuery + ".lora_down.weight"]);
  EXPECT_LT((tensor_of(changes[0]) - product * 0.5).abs().max().item<double>(), 1e-6);
  EXPECT_TRUE(changes[0].bias.empty());
  EXPECT_EQ(changes[1].kind, "full");
  EXPECT_TRUE(tensor_of(changes[1]).equal(tensors["lora_unet_x.diff"] * 0.5));
  EXPECT_TRUE(at::tensor(changes[1].bias).equal(tensors["lora_unet_x.diff_b"] * 0.5));

  EXPECT_EQ(layer_changes({path}, {}, "lora_unet_x").size(), 1u);
  expect_error(ErrorKind::invalid_request, "lora_unet_y", [&] { layer_changes({path}, {}, "lora_unet_y"); });

  write_layer_changes(changes, folder / "out.safetensors");
  const auto written = formats::read_tensor_file(folder / "out.safetensors");
  ASSERT_EQ(written.tensors.size(), 3u);
  EXPECT_TRUE(checkpoint::tensor_view(written.tensors.at(kQuery + ".weight")).equal(tensor_of(changes[0])));
}

TEST(LayerChanges, ComeFromTheWeightWhereTheyDependOnIt) {
  const TemporaryFolder folder;
  const auto path = saved(folder / "ia3.safetensors",
                          {{kQuery + ".weight", numbers({8}, 3)}, {kQuery + ".on_input", scalar_tensor(0)}});
  expect_error(ErrorKind::invalid_request, "depends on the weight", [&] { layer_changes({path}, {}); });
  const KnownWeights model(kTinyModel);
  const Tensor weight = model.weight(read_adapter_file(path).modules.at(0));
  ASSERT_EQ(weight.sizes(), (Shape{8, 8}));
  const auto beside = saved(folder / "weights.safetensors", {{kQuery + ".weight", weight}});
  const auto from_model = layer_changes({path, 0.7}, {.model = kTinyModel});
  const auto from_file = layer_changes({path, 0.7}, {.file = beside});
  EXPECT_TRUE(tensor_of(from_model.at(0)).equal(tensor_of(from_file.at(0))));
  const Tensor expected = weight.to(at::kFloat) * numbers({8}, 3).reshape({8, 1}) * 0.7;
  EXPECT_LT((tensor_of(from_model[0]) - expected).abs().max().item<double>(), 1e-6);
  expect_error(ErrorKind::invalid_request, "not both", [&] { layer_changes({path}, {kTinyModel, beside}); });
}

TEST(LayerChanges, OfWhatIsNoNumberAreRefused) {
  const TemporaryFolder folder;
  const auto path = saved(folder / "nan.safetensors", {{"lora_unet_x.diff", at::full({2, 2}, NAN)}});
  expect_error(ErrorKind::corrupt_file, "lora_unet_x", [&] { layer_changes({path}, {}); });
}

}  // namespace
}  // namespace darkroom::adapters
