// Pictures made while training are those of `darkroom generate` with the saved file.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "formats/picture_file.h"
#include "support/run_program.h"
#include "train/training_folder.h"

namespace darkroom::cli {
namespace {

TEST(TrainingSamples, AreThoseOfGenerateWithTheSavedFile) {
  const train::TrainingFolder folder;
  const std::string model = std::string(DARKROOM_TESTS_DIR) + "/golden/tiny/sd15";
  formats::put(folder / "prompts.txt", "a red disc --n bad --w 64 --h 64 --d 7 --s 4 --l 3 --ss euler\n");
  const ProgramResult trained = run_program({"train",       "--pretrained_model_name_or_path",
                                             model,         "--train_data_dir",
                                             "pictures",    "--output_dir",
                                             "run",         "--resolution",
                                             "32",          "--max_train_steps",
                                             "3",           "--learning_rate",
                                             "0.05",        "--network_dim",
                                             "4",           "--network_alpha",
                                             "4",           "--train_batch_size",
                                             "2",           "--sample_prompts",
                                             "prompts.txt", "--sample_every_n_steps",
                                             "2",           "--quiet"},
                                            folder / "");
  ASSERT_EQ(trained.code, 0) << trained.err;
  const Image sample = formats::read_picture(folder / "run/sample/last_last_00_7.png").image;
  const ProgramResult made = run_program({"generate",
                                          "a red disc <lora:last:1>",
                                          "--negative-prompt",
                                          "bad",
                                          "--model",
                                          model,
                                          "--lora-dir",
                                          "run",
                                          "--width",
                                          "64",
                                          "--height",
                                          "64",
                                          "--seed",
                                          "7",
                                          "--steps",
                                          "4",
                                          "--cfg-scale",
                                          "3",
                                          "--sampler",
                                          "Euler",
                                          "-o",
                                          "made.png",
                                          "--quiet"},
                                         folder / "");
  ASSERT_EQ(made.code, 0) << made.err;
  EXPECT_EQ(formats::read_picture(folder / "made.png").image.pixels, sample.pixels);
  const Image before = formats::read_picture(folder / "run/sample/last_000002_00_7.png").image;
  EXPECT_NE(before.pixels, sample.pixels);
}

TEST(TrainingSamples, OnTopOfOtherFilesAreMadeWithThem) {
  const train::TrainingFolder folder;
  formats::put(folder / "prompts.txt", "a red disc --w 64 --h 64 --d 7 --s 4 --l 3 --ss euler\n");
  const std::string model = std::string(DARKROOM_TESTS_DIR) + "/golden/tiny/sd15";
  const auto training = [&](const std::string& output, const std::string& more) {
    formats::put(folder / (output + ".toml"), fmt::format(R"(
pretrained_model_name_or_path = "{}"
train_data_dir = "pictures"
output_dir = "{}"
resolution = 32
max_train_steps = 3
learning_rate = 0.05
{}
)",
                                                          model, output, more));
    return run_program({"train", output + ".toml", "--quiet"}, folder / "");
  };
  ASSERT_EQ(training("first", "").code, 0);
  const ProgramResult second = training("second", R"(
base_weights = ["first/last.safetensors"]
base_weights_multiplier = [0.5]
sample_prompts = "prompts.txt"
sample_every_n_steps = 2)");
  ASSERT_EQ(second.code, 0) << second.err;
  const auto sample = formats::read_picture(folder / "second/sample/last_last_00_7.png");
  EXPECT_NE(sample.texts.at("parameters").find("<lora:base1_last:0.5> a red disc"), std::string::npos)
      << sample.texts.at("parameters");
  const auto made = [&](const std::string& prompt) {
    const ProgramResult result =
        run_program({"generate",    prompt,     "--model",   model,    "--lora-dir", "second",   "--width",
                     "64",          "--height", "64",        "--seed", "7",          "--steps",  "4",
                     "--cfg-scale", "3",        "--sampler", "Euler",  "-o",         "made.png", "--quiet"},
                    folder / "");
    EXPECT_EQ(result.code, 0) << result.err;
    return formats::read_picture(folder / "made.png").image.pixels;
  };
  EXPECT_EQ(made("<lora:base1_last:0.5> a red disc <lora:last:1>"), sample.image.pixels);
  EXPECT_NE(made("a red disc <lora:last:1>"), sample.image.pixels);
}

TEST(TrainingSamples, OfFullFineTuningAreThoseOfTheWholeFile) {
  const train::TrainingFolder folder;
  formats::put(folder / "prompts.txt", "a red disc --w 64 --h 64 --d 7 --s 4 --l 3 --ss euler\n");
  formats::put(folder / "whole.toml", fmt::format(R"(
network_module = "none"
pretrained_model_name_or_path = "{}/golden/tiny/sd15.safetensors"
train_data_dir = "pictures"
output_dir = "run"
resolution = 32
max_train_steps = 3
learning_rate = 1e-3
optimizer_type = "Adafactor"
optimizer_args = ["scale_parameter=False", "relative_step=False", "warmup_init=False"]
sample_prompts = "prompts.txt"
sample_every_n_steps = 2
)",
                                                  DARKROOM_TESTS_DIR));
  const ProgramResult trained = run_program({"train", "whole.toml", "--quiet"}, folder / "");
  ASSERT_EQ(trained.code, 0) << trained.err;
  EXPECT_NE(trained.err.find("is high for a model's own weights"), std::string::npos) << trained.err;
  const Image sample = formats::read_picture(folder / "run/sample/last_last_00_7.png").image;
  const ProgramResult made = run_program(
      {"generate", "a red disc", "--model", "run/last.safetensors", "--width", "64", "--height", "64", "--seed", "7",
       "--steps", "4", "--cfg-scale", "3", "--sampler", "Euler", "-o", "made.png", "--quiet"},
      folder / "");
  ASSERT_EQ(made.code, 0) << made.err;
  EXPECT_EQ(formats::read_picture(folder / "made.png").image.pixels, sample.pixels);
  const Image before = formats::read_picture(folder / "run/sample/last_000002_00_7.png").image;
  EXPECT_NE(before.pixels, sample.pixels);
}

using Words = std::vector<std::string>;

/// `darkroom train` on the tiny model and the folder's pictures, with these words besides.
ProgramResult train_tiny(const train::TrainingFolder& folder, const Words& told, const Words& more) {
  Words all = {"train", "--pretrained_model_name_or_path", std::string(DARKROOM_TESTS_DIR) + "/golden/tiny/sd15"};
  for (const Words& words :
       {Words{"--train_data_dir", "pictures", "--output_dir", "run", "--resolution", "32"}, told, more})
    all.insert(all.end(), words.begin(), words.end());
  return run_program(all, folder / "");
}

TEST(TrainingSamples, WhatCannotBeMadeIsRefusedBeforeTheFirstStep) {
  const train::TrainingFolder folder;
  const auto training = [&](const std::string& prompts, const Words& more) {
    formats::put(folder / "prompts.txt", prompts);
    return train_tiny(
        folder,
        {"--max_train_steps", "1", "--sample_prompts", "prompts.txt", "--sample_every_n_steps", "1000", "--quiet"},
        more);
  };
  const ProgramResult sampler = training("a disc --w 64 --h 64\n", {"--sample_sampler", "no_such"});
  EXPECT_NE(sampler.code, 0);
  EXPECT_NE(sampler.err.find("no_such"), std::string::npos) << sampler.err;
  EXPECT_NE(training("a disc --zz 5\n", {}).err.find("--zz"), std::string::npos);
  EXPECT_NE(training("a disc --zz 5\n", {"--dry-run", "--no-probe"}).code, 0);
  EXPECT_FALSE(std::filesystem::exists(folder / "run/last.safetensors"));
  // kohya's names are known, and a file without a prompt asks for nothing.
  EXPECT_EQ(training("a disc --w 64 --h 64 --s 2\n", {"--sample_sampler", "k_dpm_2_a"}).code, 0);
  std::filesystem::remove_all(folder / "run");
  EXPECT_EQ(training("# nothing\n", {}).code, 0);
}

TEST(TrainingSamples, TheCommandLineShowsWhatItWillDo) {
  const train::TrainingFolder folder;
  const auto with = [&](const Words& more) {
    return train_tiny(
        folder,
        {"--network_alpha", "2", "--flip_aug", "--optimizer_args", "weight_decay=0.1", "eps=1e-6", "--xformers"}, more);
  };
  const ProgramResult command = with({"--print-command"});
  EXPECT_NE(command.out.find("--flip_aug --"), std::string::npos) << command.out << command.err;
  EXPECT_NE(command.out.find("--optimizer_args weight_decay=0.1 eps=1e-6"), std::string::npos) << command.out;
  const ProgramResult explained = with({"--explain"});
  EXPECT_NE(explained.out.find("2 / 4 = 0.5"), std::string::npos) << explained.out;
  const ProgramResult plan = with({"--dry-run", "--json", "--no-probe"});
  EXPECT_NE(plan.out.find("\"batches_per_epoch\": 22"), std::string::npos) << plan.out << plan.err;
  EXPECT_FALSE(std::filesystem::exists(folder / "run"));
  const ProgramResult refused = with({"--lr_warmup_steps", "10"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_NE(refused.err.find("constant_with_warmup"), std::string::npos) << refused.err;
}

TEST(TrainingSamples, TheTableOfOptionsIsThatOfTheDocs) {
  const train::TrainingFolder folder;
  const ProgramResult table = run_program({"train", "--options-table"}, folder / "");
  EXPECT_EQ(table.code, 0) << table.err;
  EXPECT_EQ(table.out, formats::content_of(std::string(DARKROOM_TESTS_DIR) + "/../docs/training-options.md"))
      << "run: build/darkroom train --options-table > docs/training-options.md";
}

}  // namespace
}  // namespace darkroom::cli
