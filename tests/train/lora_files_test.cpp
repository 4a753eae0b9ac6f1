#include "train/lora_files.h"

#include <gtest/gtest.h>

#include "formats/support.h"

namespace darkroom::train {
namespace {

LoraTraining in(const formats::TemporaryFolder& folder) {
  LoraTraining told;
  told.run.output_dir = folder.path();
  told.output_name = "disc";
  return told;
}

TEST(LoraFiles, NamesAreKohyas) {
  const formats::TemporaryFolder folder;
  LoraTraining told = in(folder);
  told.save_every_n_steps = 50, told.save_every_n_epochs = 2;
  const LoraFiles files(told, 10);
  EXPECT_EQ(files.step_file(150).filename(), "disc-step00000150.safetensors");
  EXPECT_EQ(files.epoch_file(4).filename(), "disc-000004.safetensors");
  EXPECT_EQ(files.last_file().filename(), "disc.safetensors");
  EXPECT_TRUE(files.wants_step(100));
  EXPECT_FALSE(files.wants_step(101));
  EXPECT_FALSE(files.wants_epoch(3));
}

// sd-scripts, train_network.py: epochs / save_n_epoch_ratio, downwards, at least 1.
TEST(LoraFiles, ARatioSharesTheRunAmongThem) {
  const formats::TemporaryFolder folder;
  LoraTraining told = in(folder);
  told.save_n_epoch_ratio = 4;
  EXPECT_EQ(told.epochs_between_files(10), 2);
  EXPECT_EQ(told.epochs_between_files(3), 1);
  EXPECT_FALSE(LoraFiles(told, 10).wants_epoch(3));
  EXPECT_TRUE(LoraFiles(told, 10).wants_epoch(4));
  told.save_last_n_epochs = 2;
  const LoraFiles files(told, 10);
  for (const int64_t epoch : {2, 4, 6}) {
    formats::put(files.epoch_file(epoch), "x");
    files.remove_before_epoch(epoch);
  }
  EXPECT_FALSE(std::filesystem::exists(files.epoch_file(2)));
  EXPECT_TRUE(std::filesystem::exists(files.epoch_file(4)));
}

// sd-scripts: steps are counted in save_last_n_steps, epochs in files.
TEST(LoraFiles, OldOnesGo) {
  const formats::TemporaryFolder folder;
  LoraTraining told = in(folder);
  told.save_every_n_steps = 50, told.save_last_n_steps = 100, told.save_every_n_epochs = 1, told.save_last_n_epochs = 2;
  const LoraFiles files(told, 10);
  for (const int64_t step : {50, 100, 150, 200}) {
    formats::put(files.step_file(step), "x");
    files.remove_before_step(step);
  }
  EXPECT_FALSE(std::filesystem::exists(files.step_file(50)));
  EXPECT_TRUE(std::filesystem::exists(files.step_file(100)));
  for (const int64_t epoch : {1, 2, 3}) {
    formats::put(files.epoch_file(epoch), "x");
    files.remove_before_epoch(epoch);
  }
  EXPECT_FALSE(std::filesystem::exists(files.epoch_file(1)));
  EXPECT_TRUE(std::filesystem::exists(files.epoch_file(2)));
}

TEST(LoraFiles, TheOldHashIsOfAPieceOfTheFile) {
  const formats::TemporaryFolder folder;
  formats::put(folder / "model", std::string(1 << 20, 'a') + "abc");
  EXPECT_EQ(old_model_hash(folder / "model"), "ba7816bf");
  EXPECT_EQ(old_model_hash(folder.path()), "");
  EXPECT_EQ(saved_dtype("bf16"), at::kBFloat16);
}

}  // namespace
}  // namespace darkroom::train
