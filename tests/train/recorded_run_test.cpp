#include "train/recorded_run.h"

#include <gtest/gtest.h>

#include "formats/safetensors.h"
#include "formats/support.h"

namespace darkroom::train {
namespace {

using formats::put;
using formats::TemporaryFolder;

TEST(RecordedRun, IsReadFromWhateverRecordedIt) {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder / "run");
  put(folder / "run/options.toml",
      "kind = \"lora\"\nnetwork_dim = 32\nlearning_rate = 1e-4\noptimizer_args = [\"a=1\", \"b=2\"]\n");
  put(folder / "run/log.csv",
      "step,seconds,name,value\n1,0.1,loss,0.5\n2,0.2,loss,0.25\n2,0.2,validation_loss,0.125\n");
  const RecordedRun own = read_recorded_run((folder / "run").string());
  EXPECT_EQ(own.options.at("network_dim"), "32");
  EXPECT_EQ(own.options.at("optimizer_args"), "a=1 b=2");
  EXPECT_EQ(own.loss, 0.25);
  EXPECT_EQ(own.validation_loss, 0.125);
  EXPECT_EQ(own.steps_done, 2);

  put(folder / "gui.json",
      R"({"max_resolution": "512,512", "network_dim": 8, "optimizer": "AdamW8bit", "epoch": 10, "unet_lr": 0.0001})");
  const RecordedRun gui = read_recorded_run((folder / "gui.json").string());
  EXPECT_EQ(gui.options.at("resolution"), "512,512");
  EXPECT_EQ(gui.options.at("max_train_epochs"), "10");
  EXPECT_EQ(gui.options.at("unet_lr"), "0.0001");

  put(folder / "kohya.toml", "xformers = true\n[network]\nnetwork_alpha = 1.0\n");
  EXPECT_EQ(read_recorded_run((folder / "kohya.toml").string()).options.at("network_alpha"), "1");

  formats::write_safetensors(folder / "lora.safetensors", {},
                             {{"ss_network_dim", "32"},
                              {"ss_learning_rate", "1e-05"},
                              {"ss_unet_lr", "None"},
                              {"ss_text_encoder_lr", "[5e-05, 1e-05]"},
                              {"ss_resolution", "(512, 512)"},
                              {"ss_network_args", "{\"conv_dim\": \"4\"}"},
                              {"ss_epoch", "2"},
                              {"ss_optimizer", "bitsandbytes.optim.adamw.AdamW8bit(weight_decay=0.1,betas=0.9,0.99)"}});
  const RecordedRun lora = read_recorded_run((folder / "lora.safetensors").string());
  EXPECT_EQ(lora.options.at("optimizer_type"), "AdamW8bit");
  EXPECT_EQ(lora.options.at("optimizer_args"), "weight_decay=0.1 betas=0.9,0.99");
  EXPECT_EQ(lora.options.at("network_args"), "conv_dim=4");
  EXPECT_FALSE(lora.options.contains("max_train_epochs"));  // that of a file in the middle of a run
  EXPECT_EQ(lora.options.at("learning_rate"), "1e-05");
  EXPECT_EQ(lora.options.at("unet_lr"), "");
  EXPECT_EQ(lora.options.at("text_encoder_lr"), "5e-05 1e-05");
  EXPECT_EQ(lora.options.at("resolution"), "512,512");
}

TEST(RecordedRun, CommandLinesAreReadAsAShellDoes) {
  const auto options = command_line_options(
      "accelerate launch --num_cpu_threads_per_process=2 train_network.py --flip_aug --output_name \"a b\" \\\n"
      "  --optimizer_args weight_decay=0.1 'betas=.9,.99' --learning_rate=0.00001");
  EXPECT_EQ(options.at("flip_aug"), "true");
  EXPECT_EQ(options.at("output_name"), "a b");
  EXPECT_EQ(options.at("optimizer_args"), "weight_decay=0.1 betas=.9,.99");
  EXPECT_EQ(options.at("learning_rate"), "1e-05");
  EXPECT_EQ(read_recorded_run("train.py --network_dim 4").options.at("network_dim"), "4");
}

TEST(RecordedRun, WhatIsSaidToTheLauncherIsNoOption) {
  const auto options = command_line_options(
      "accelerate launch --mixed_precision bf16 --num_cpu_threads_per_process 2 sd-scripts/train_network.py --seed 5 "
      "\\\r\n"
      "  --text_encoder_lr 5e-5 1e-5 --resolution 768 \\\r\n --network_dim 8 \r\n");
  EXPECT_EQ(options,
            (std::map<std::string, std::string>{
                {"seed", "5"}, {"text_encoder_lr", "5e-05 1e-05"}, {"resolution", "768,768"}, {"network_dim", "8"}}));
  // A line longer than any file's name.
  const std::string line = "train_network.py --training_comment " + std::string(5000, 'x') + " --seed 1";
  EXPECT_EQ(read_recorded_run(line).options.at("seed"), "1");
}

TEST(RecordedRun, ALineMayNameAFileOfOptions) {
  const TemporaryFolder folder;
  put(folder / "config.toml", "network_dim = 32\nseed = 1\n");
  const RecordedRun run =
      read_recorded_run("train_network.py --config_file " + (folder / "config.toml").string() + " --seed 7");
  EXPECT_EQ(run.options.at("network_dim"), "32");
  EXPECT_EQ(run.options.at("seed"), "7");
}

TEST(RecordedRun, TheGuisOwnNamesCountWhereTheOthersAreOff) {
  const TemporaryFolder folder;
  put(folder / "gui.json",
      R"({"epoch": 160, "max_train_epochs": "", "lr_warmup": 10, "lr_warmup_steps": 0, "max_resolution": "1024,1024"})");
  const auto options = read_recorded_run((folder / "gui.json").string()).options;
  EXPECT_EQ(options.at("max_train_epochs"), "160");
  EXPECT_EQ(options.at("lr_warmup_steps"), "0.1");
  put(folder / "gui.json", R"({"lr_warmup": 10, "lr_warmup_steps": 200})");
  EXPECT_EQ(read_recorded_run((folder / "gui.json").string()).options.at("lr_warmup_steps"), "200");
}

TEST(RecordedRun, OnlyDifferencesAreListed) {
  const RecordedRun first{.name = "a", .options = {{"network_dim", "32"}, {"seed", "1"}, {"output_dir", "x"}}};
  const RecordedRun second{.name = "b",
                           .options = {{"network_dim", "8"}, {"seed", "1"}, {"flip_aug", "true"}, {"output_dir", "y"}}};
  const auto found = differing_options(first, second, {{"network_dim", "4"}, {"flip_aug", "false"}});
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].name, "flip_aug");
  EXPECT_EQ(found[0].first, "false");
  EXPECT_TRUE(found[0].first_is_default);
  EXPECT_EQ(found[0].second, "true");
  EXPECT_EQ(found[1].second, "8");
  EXPECT_FALSE(found[1].second_is_default);
}

TEST(RecordedRun, WhatIsNoneIsRefused) {
  const TemporaryFolder folder;
  EXPECT_EQ(formats::error_of([&] { read_recorded_run((folder / "none").string()); }).kind(), ErrorKind::not_found);
  put(folder / "broken.json", "{");
  EXPECT_EQ(formats::error_of([&] { read_recorded_run((folder / "broken.json").string()); }).kind(),
            ErrorKind::corrupt_file);
  put(folder / "notes.txt", "no options here");
  EXPECT_EQ(formats::error_of([&] { read_recorded_run((folder / "notes.txt").string()); }).kind(),
            ErrorKind::corrupt_file);
  formats::write_safetensors(folder / "plain.safetensors", {}, {});
  EXPECT_EQ(formats::error_of([&] { read_recorded_run((folder / "plain.safetensors").string()); }).kind(),
            ErrorKind::corrupt_file);
}

TEST(RecordedRun, FoldersAreFoundNewestFirst) {
  const TemporaryFolder folder;
  for (const char* name : {"old", "deep/new"}) {
    std::filesystem::create_directories(folder / name);
    put(folder / (std::string(name) + "/options.toml"), "kind = \"lora\"\n");
  }
  const auto now = std::filesystem::file_time_type::clock::now();
  std::filesystem::last_write_time(folder / "old/options.toml", now - std::chrono::hours(1));
  EXPECT_EQ(run_folders(folder.path()), (std::vector<std::filesystem::path>{folder / "deep/new", folder / "old"}));
}

}  // namespace
}  // namespace darkroom::train
