#include "adapters/adapter_file.h"

#include "adapters/adapters.h"
#include "formats/safetensors.h"

namespace darkroom::adapters {
namespace {

using formats::expect_error;
using formats::TemporaryFolder;

TEST(AdapterFile, GroupsTensorsByLayer) {
  NamedTensors tensors = {{"emb_params", at::ones({1, 4})},
                          {"bundle_emb.word.string_to_param.*", at::ones({1, 4})},
                          {"lora_unet_b.w_norm", at::ones({4})},
                          {"lora_unet_b.b_norm", at::ones({4})},
                          {"lora_unet_c.lora_up.weight", at::ones({4, 4})}};
  add_lora(tensors, "lora_unet_a", {8, 6}, 4, 1);
  tensors["lora_unet_a.diff_b"] = at::ones({8});
  const AdapterFile file = adapter_file(tensor_file(tensors, {{"ss_output_name", "demo"}}));
  ASSERT_EQ(file.modules.size(), 2u);
  EXPECT_EQ(file.modules[0].layer, "lora_unet_a");
  EXPECT_EQ(file.modules[0].kind, Kind::lora);
  EXPECT_EQ(file.modules[1].kind, Kind::norm);
  EXPECT_EQ(file.unused, (std::vector<std::string>{"emb_params", "lora_unet_a.diff_b", "lora_unet_c.lora_up.weight"}));
  EXPECT_EQ(file.embeddings.size(), 1u);
  EXPECT_EQ(file.metadata.at("ss_output_name"), "demo");
}

TEST(AdapterFile, RefusesWhatIsNone) {
  expect_error(ErrorKind::unsupported, "none of its 1 tensors belongs to one", [] {
    adapter_file(tensor_file({{"model.diffusion_model.out.2.weight", at::ones({4})}}));
  });
  NamedTensors twice;
  add_lora(twice, "lora_unet_conv_in", {8, 6}, 4, 1);
  twice["unet.conv_in.lora_A.weight"] = at::ones({4, 6});
  expect_error(ErrorKind::corrupt_file, "\"unet.conv_in\" has two tensors lora_down.weight",
               [&] { adapter_file(tensor_file(twice)); });
  NamedTensors wrong;
  add_lora(wrong, "lora_unet_x", {8, 6}, 4, 1);
  wrong["lora_unet_x.lora_down.weight"] = at::ones({4, 6}, at::kInt);
  expect_error(ErrorKind::unsupported, "\"lora_unet_x\": lora_down.weight holds I32, floating point is needed",
               [&] { adapter_file(tensor_file(wrong)); });
}

TEST(AdapterFile, DamagedFilesAreNamedWhereverTheyEnd) {
  const TemporaryFolder folder;
  NamedTensors tensors;
  add_lora(tensors, "lora_unet_a", {8, 6}, 4, 1);
  std::vector<std::pair<std::string, formats::StoredTensor>> stored;
  for (const auto& [name, tensor] : tensors) stored.emplace_back(name, checkpoint::stored_tensor(tensor));
  formats::write_safetensors(folder / "a.safetensors", stored);
  EXPECT_EQ(read_adapter_file(folder / "a.safetensors").modules.size(), 1u);
  const std::string whole = formats::content_of(folder / "a.safetensors");
  for (size_t bytes = 0; bytes < whole.size(); bytes += 7) {
    formats::put(folder / "b.safetensors", whole.substr(0, bytes));
    const Error error = formats::error_of([&] { read_adapter_file(folder / "b.safetensors"); });
    EXPECT_NE(error.kind(), ErrorKind::internal) << bytes;
    EXPECT_NE(std::string(error.what()).find("b.safetensors"), std::string::npos) << error.what();
  }
  expect_error(ErrorKind::not_found, "none.safetensors", [&] { read_adapter_file(folder / "none.safetensors"); });
}

}  // namespace
}  // namespace darkroom::adapters
