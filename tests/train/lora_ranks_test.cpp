#include "train/lora_ranks.h"

#include <gtest/gtest.h>

#include <optional>

#include "base/error.h"
#include "checkpoint/stored_tensors.h"
#include "formats/safetensors.h"
#include "train/lora_network.h"
#include "train/training_folder.h"

namespace darkroom::train {
namespace {

checkpoint::Checkpoint tiny() {
  return checkpoint::load_checkpoint(std::string(DARKROOM_TESTS_DIR) + "/golden/tiny/sd15");
}

/// A file of a network with `options`, as another run would find it.
void save_network(const LoraOptions& options, const std::filesystem::path& file) {
  const checkpoint::Checkpoint model = tiny();
  LoraNetwork(options, model, 1).save(file, at::kFloat, {});
}

LoraTraining from(const std::filesystem::path& file) {
  LoraTraining told = TrainingFolder().training();
  told.network_weights = file;
  told.dim_from_weights = true;
  return settled(told);
}

// The same modules at the same ranks: convolutions too, and a part with ranks of its own.
TEST(LoraRanks, AreThoseOfTheFile) {
  const formats::TemporaryFolder folder;
  save_network({.dim = 3, .alpha = 2, .conv_dim = 5, .conv_alpha = 4}, folder / "a.safetensors");
  const LoraTraining told = with_ranks_of_file(from(folder / "a.safetensors"));
  EXPECT_FALSE(one_dim(told.network));
  EXPECT_FALSE(one_alpha(told.network));
  const checkpoint::Checkpoint model = tiny();
  LoraNetwork network(told.network, model, 2);
  network.start_from(folder / "a.safetensors");
  network.save(folder / "b.safetensors", at::kFloat, {});
  const auto before = formats::read_safetensors(folder / "a.safetensors");
  const auto after = formats::read_safetensors(folder / "b.safetensors");
  ASSERT_EQ(before.tensors.size(), after.tensors.size());
  for (const auto& [name, tensor] : before.tensors)
    EXPECT_TRUE(checkpoint::tensor_view(tensor).equal(checkpoint::tensor_view(after.tensors.at(name)))) << name;
}

TEST(LoraRanks, WhatTheFileDoesNotHaveIsNotTrained) {
  const formats::TemporaryFolder folder;
  save_network({.dim = 3, .alpha = 2, .text_encoder = false}, folder / "unet.safetensors");
  const LoraTraining told = with_ranks_of_file(from(folder / "unet.safetensors"));
  EXPECT_FALSE(told.network.text_encoder);
  EXPECT_TRUE(told.network.unet);
  EXPECT_EQ(one_dim(told.network), 3);
  EXPECT_EQ(told.network.dim, 3);
  EXPECT_EQ(one_alpha(told.network), 2.0);
}

TEST(LoraRanks, ARankWithoutAlphaCountsWhole) {
  const formats::TemporaryFolder folder;
  const Tensor down = at::zeros({6, 8});
  formats::write_safetensors(folder / "a.safetensors",
                             {{"lora_unet_x.lora_down.weight", checkpoint::stored_tensor(down)}}, {});
  EXPECT_EQ(with_ranks_of_file(from(folder / "a.safetensors")).network.ranks.at("lora_unet_x").alpha, 6);
}

TEST(LoraRanks, FilesThatAreNoLoraAreRefused) {
  const formats::TemporaryFolder folder;
  formats::write_safetensors(folder / "a.safetensors", {{"x", checkpoint::stored_tensor(at::zeros({2}))}}, {});
  EXPECT_EQ(formats::error_of([&] { with_ranks_of_file(from(folder / "a.safetensors")); }).kind(),
            ErrorKind::invalid_request);
  EXPECT_THROW(with_ranks_of_file(from(folder / "none.safetensors")), Error);
  formats::put(folder / "cut.safetensors", "0123");
  EXPECT_THROW(with_ranks_of_file(from(folder / "cut.safetensors")), Error);
}

TEST(LoraRanks, AreLeftAloneUnlessAskedFor) {
  EXPECT_TRUE(with_ranks_of_file(settled(TrainingFolder().training())).network.ranks.empty());
}

/// The file with alphas of `value`, or without any.
void save_with_alphas(const std::filesystem::path& from, const std::filesystem::path& to, std::optional<float> value) {
  const auto file = formats::read_safetensors(from);
  std::vector<std::pair<std::string, formats::StoredTensor>> tensors;
  for (const auto& [name, tensor] : file.tensors) {
    if (!name.ends_with(".alpha"))
      tensors.emplace_back(name, tensor);
    else if (value)
      tensors.emplace_back(name, checkpoint::stored_tensor(at::full({}, *value)));
  }
  formats::write_safetensors(to, tensors, {});
}

TEST(LoraRanks, NoAlphaAndAlphaZeroAreTheRank) {
  const formats::TemporaryFolder folder;
  save_network({.dim = 3, .alpha = 3}, folder / "a.safetensors");
  save_with_alphas(folder / "a.safetensors", folder / "none.safetensors", std::nullopt);
  save_with_alphas(folder / "a.safetensors", folder / "zero.safetensors", 0.0f);
  const checkpoint::Checkpoint model = tiny();
  for (const char* name : {"none.safetensors", "zero.safetensors"}) {
    const LoraTraining told = with_ranks_of_file(from(folder / name));
    LoraNetwork by_file(told.network, model, 2);
    EXPECT_EQ(by_file.modules().front().change->scale(), 1) << name;
    EXPECT_NO_THROW(by_file.start_from(folder / name)) << name;
  }
  for (const char* name : {"none.safetensors", "zero.safetensors"}) {
    LoraNetwork weaker({.dim = 3, .alpha = 1}, model, 2);
    EXPECT_THROW(weaker.start_from(folder / name), Error) << name;
  }
}

}  // namespace
}  // namespace darkroom::train
