#include "checkpoint/diffusers_folder.h"

#include "fixtures.h"
#include "formats/safetensors.h"

namespace darkroom::checkpoint {
namespace {

using Entries = std::vector<std::pair<std::string, formats::StoredTensor>>;

/// The tiny VAE in two shards and their index; the tensor names of the shards.
struct Shards {
  ScratchFolder folder;
  Json index = {{"weight_map", Json::object()}};

  Shards() {
    Entries parts[2];
    size_t i = 0;
    for (const auto& [name, tensor] : part_weights(tiny("sd15/vae"))) {
      parts[i % 2].emplace_back(name, tensor);
      index["weight_map"][name] = "part-" + std::to_string(i++ % 2) + ".safetensors";
    }
    for (int n : {0, 1}) formats::write_safetensors(folder / ("part-" + std::to_string(n) + ".safetensors"), parts[n]);
    write_index();
  }
  void write_index() const { write_text(folder / "diffusion_pytorch_model.safetensors.index.json", index.dump()); }
};

TEST(DiffusersFolder, ShardsHoldTheSameTensors) {
  const Shards shards;
  const PartTensors sharded = part_weights(shards.folder.path()), whole = part_weights(tiny("sd15/vae"));
  ASSERT_EQ(sharded.size(), whole.size());
  for (const auto& [name, tensor] : whole) {
    EXPECT_TRUE(at::equal(tensor_view(sharded.at(name)), tensor_view(tensor))) << name;
  }
}

TEST(DiffusersFolder, AnIndexThatLiesIsAnError) {
  Shards shards;
  shards.index["weight_map"]["decoder.extra"] = "part-0.safetensors";
  shards.write_index();
  EXPECT_TRUE(mentions(error_of(ErrorKind::corrupt_file, [&] { part_weights(shards.folder.path()); }), "lists"));
  shards.index["weight_map"].erase("decoder.extra");
  shards.index["weight_map"]["quant_conv.bias"] = "../part-0.safetensors";
  shards.write_index();
  EXPECT_TRUE(mentions(error_of(ErrorKind::corrupt_file, [&] { part_weights(shards.folder.path()); }), "beside"));
  shards.index["weight_map"].erase("quant_conv.bias");
  shards.write_index();
  EXPECT_TRUE(
      mentions(error_of(ErrorKind::corrupt_file, [&] { part_weights(shards.folder.path()); }), "quant_conv.bias"));
}

TEST(DiffusersFolder, HalfPrecisionVariantIsTakenWhereItIsAlone) {
  const ScratchFolder folder;
  std::filesystem::copy_file(tiny("sd15/vae/diffusion_pytorch_model.safetensors"),
                             folder / "diffusion_pytorch_model.fp16.safetensors");
  EXPECT_EQ(part_weights(folder.path()).size(), part_weights(tiny("sd15/vae")).size());
}

TEST(DiffusersFolder, ConfigsOfAllParts) {
  const Json configs = folder_configs(tiny("sdxl"));
  for (const char* part : {"unet", "vae", "text_encoder", "text_encoder_2", "scheduler", "tokenizer", "tokenizer_2"}) {
    EXPECT_TRUE(configs.contains(part)) << part;
  }
  EXPECT_EQ(configs["tokenizer"]["pad_token"], "<|endoftext|>");
  EXPECT_FALSE(configs.contains("recommended"));
}

TEST(DiffusersFolder, OtherPipelinesAreNamed) {
  const ScratchFolder folder;
  write_text(folder / "model_index.json", R"({"_class_name": "FluxPipeline"})");
  EXPECT_TRUE(mentions(error_of(ErrorKind::unsupported, [&] { folder_configs(folder.path()); }), "FluxPipeline"));
  write_text(folder / "model_index.json", "[]");
  error_of(ErrorKind::corrupt_file, [&] { folder_configs(folder.path()); });
}

}  // namespace
}  // namespace darkroom::checkpoint
