#include "train/kohya_options.h"

#include <gtest/gtest.h>

#include <set>

#include "formats/support.h"
#include "train/config.h"

namespace darkroom::train {
namespace {

// Every option of train_network.py: golden/kohya_options.txt, from its parser.
TEST(KohyaOptions, AreAllAcceptedOrRefusedWithAReason) {
  std::set<std::string> ours;
  for (const OptionRow& row : lora_option_rows()) ours.insert(row.name);
  for (const KohyaOption& option : kohya_options()) {
    EXPECT_TRUE(ours.insert(option.name).second) << option.name << " is an option and not one";
    EXPECT_GT(std::string(option.reason).size(), 10u) << option.name;
  }
  std::ifstream names(std::string(DARKROOM_TESTS_DIR) + "/golden/kohya_options.txt");
  int count = 0;
  for (std::string name; std::getline(names, name); ++count) EXPECT_TRUE(ours.contains(name)) << name;
  EXPECT_EQ(count, 199);
}

LoraTraining lora_from(const std::string& toml, const ToldOptions& told = {}) {
  const formats::TemporaryFolder folder;
  formats::put(folder / "run.toml", toml);
  return std::get<LoraTraining>(read_training_config(folder / "run.toml", told));
}

TEST(KohyaOptions, AFileOfKohyasGuiIsRead) {
  const LoraTraining told = lora_from(R"(
pretrained_model_name_or_path = "/models/sd15.safetensors"
train_data_dir = "/pictures"
output_dir = "/out"
xformers = true
cache_latents = true
full_fp16 = false
[sections_mean_nothing]
resolution = "512,512"
network_dim = 32
network_alpha = 16
optimizer_type = "Prodigy"
optimizer_args = ["weight_decay=0.01", "decouple=True", "d0=0.0001", "use_bias_correction=True"]
learning_rate = 1
lr_warmup_steps = 0
lr_scheduler = "constant"
mixed_precision = "fp16"
epoch = 10
max_train_steps = 1600
noise_offset_type = "Original"
sample_prompts = "/out/sample/prompt.txt"
sample_sampler = "euler_a"
metadata_author = "somebody"
save_model_as = "safetensors"
max_timestep = 1000
)");
  EXPECT_TRUE(told.sample_prompts.empty());  // the GUI names a file, but nobody said when
  EXPECT_EQ(told.model_spec.author, "somebody");
  EXPECT_EQ(told.run.steps, 1600);
  EXPECT_EQ(told.network.dim, 32);
  EXPECT_EQ(told.network.alpha, 16);
  EXPECT_EQ(told.run.optimizer_args.size(), 4u);
  EXPECT_EQ(told.run.learning_rate, 1);
}

TEST(KohyaOptions, TheCommandLineCountsOverTheFile) {
  const std::string file =
      "kind = \"lora\"\npretrained_model_name_or_path = \"m\"\ntrain_data_dir = \"d\"\noutput_dir = \"o\"\nnetwork_dim "
      "= 4\n";
  const LoraTraining told = lora_from(file, {{"network_dim", {"16"}},
                                             {"flip_aug", {}},
                                             {"unet_lr", {"5e-5"}},
                                             {"network_args", {"conv_dim=4", "conv_alpha=2"}}});
  EXPECT_EQ(told.network.dim, 16);
  EXPECT_TRUE(told.flip_aug);
  EXPECT_EQ(told.unet_lr, 5e-5);
  EXPECT_TRUE(told.text_encoder_lr.empty());
  EXPECT_EQ(told.network.conv_dim, 4);
  EXPECT_EQ(lora_from(file, {{"lr_warmup_steps", {"10%"}}, {"lr_scheduler", {"cosine"}}}).lr_warmup_steps, 0.1);
  EXPECT_THROW(lora_from(file, {{"learning_rate", {"10%"}}}), Error);
  // Of a run told in epochs nobody knows the steps yet.
  EXPECT_NO_THROW(
      lora_from(file, {{"lr_warmup_steps", {"2000"}}, {"lr_scheduler", {"cosine"}}, {"max_train_epochs", {"100"}}}));
  EXPECT_THROW(lora_from(file, {{"lr_warmup_steps", {"2000"}}, {"lr_scheduler", {"cosine"}}}), Error);
  // An empty path takes back what the file says.
  EXPECT_TRUE(lora_from(file + "vae = \"v\"\n", {{"vae", {""}}}).vae.empty());
  EXPECT_THROW(lora_from(file, {{"network_dim", {"many"}}}), Error);
  EXPECT_THROW(lora_from(file, {{"text_encoder_lr", {"1e-5,", "1e-6"}}}), Error);
  EXPECT_THROW(lora_from(file + "full_bf16 = true\n"), Error);
  EXPECT_THROW(lora_from(file, {{"blocks_to_swap", {"4"}}}), Error);
  EXPECT_THROW(lora_from(file + "netwrok_dim = 5\n"), Error);
}

TEST(KohyaOptions, OtherNamesAreTaken) {
  const std::string file = "pretrained_model_name_or_path = \"m\"\ntrain_data_dir = \"d\"\noutput_dir = \"o\"\n";
  EXPECT_EQ(lora_from(file + "use_8bit_adam = true\noptimizer_type = \"\"\n").run.optimizer, "AdamW8bit");
  EXPECT_EQ(lora_from(file + "use_8bit_adam = false\n").run.optimizer, "AdamW");
  EXPECT_EQ(lora_from(file, {{"use_lion_optimizer", {}}}).run.optimizer, "Lion");
  EXPECT_EQ(lora_from(file + "caption_extention = \".caption\"\n").caption_extension, ".caption");
  EXPECT_THROW(lora_from(file + "use_8bit_adam = true\noptimizer_type = \"Lion\"\n"), Error);
  for (const KohyaOption& option : kohya_options()) {
    std::set<std::string> ours;
    for (const OptionRow& row : lora_option_rows()) ours.insert(row.name);
    EXPECT_TRUE(option.verdict != KohyaVerdict::renamed || ours.contains(option.becomes)) << option.name;
  }
}

TEST(KohyaOptions, WhatIsOffIsNotRefused) {
  const std::string file = "pretrained_model_name_or_path = \"m\"\ntrain_data_dir = \"d\"\noutput_dir = \"o\"\n";
  for (const char* off : {"blocks_to_swap = 0", "base_weights = []", "fp8_base = false", "face_crop_aug_range = \"\""})
    EXPECT_NO_THROW(lora_from(file + off + "\n")) << off;
  EXPECT_NO_THROW(lora_from(file, {{"blocks_to_swap", {"0"}}}));
  for (const char* on : {"blocks_to_swap = 4", "face_crop_aug_range = \"2.0,4.0\"", "fp8_base = true"})
    EXPECT_THROW(lora_from(file + on + "\n"), Error) << on;
  EXPECT_THROW(lora_from(file, {{"blocks_to_swap", {"4"}}}), Error);
}

TEST(KohyaOptions, BaseWeightsLieBesideTheFileThatNamesThem) {
  const formats::TemporaryFolder folder;
  formats::put(folder / "run.toml",
               "pretrained_model_name_or_path = \"m\"\ntrain_data_dir = \"d\"\noutput_dir = \"o\"\n"
               "base_weights = [\"a.safetensors\", \"b/c.pt\"]\nbase_weights_multiplier = 0.5\n");
  LoraTraining told = std::get<LoraTraining>(read_training_config(folder / "run.toml"));
  EXPECT_EQ(told.base_weights, (std::vector<std::filesystem::path>{folder / "a.safetensors", folder / "b/c.pt"}));
  EXPECT_EQ(told.base_multiplier(0), 0.5);
  EXPECT_EQ(told.base_multiplier(1), 1);
  formats::put(folder / "again.toml", resolved_toml(told));
  EXPECT_EQ(std::get<LoraTraining>(read_training_config(folder / "again.toml")).base_weights, told.base_weights);
  told = std::get<LoraTraining>(read_training_config(
      folder / "run.toml", {{"base_weights", {"x.safetensors"}}, {"base_weights_multiplier", {"0.25"}}}));
  EXPECT_EQ(told.base_weights, (std::vector{std::filesystem::absolute("x.safetensors")}));
  EXPECT_EQ(told.base_multiplier(0), 0.25);
}

TEST(KohyaOptions, TextEncodersRatesAreOneOrSeveral) {
  const std::string file =
      "pretrained_model_name_or_path = \"m\"\ntrain_data_dir = \"d\"\noutput_dir = \"o\"\ntext_encoder_lr = ";
  EXPECT_EQ(lora_from(file + "5e-5\n").text_encoder_lr, std::vector<double>{5e-5});
  EXPECT_EQ(lora_from(file + "[ 5e-5, 1e-5,]\n").text_encoder_lr, (std::vector<double>{5e-5, 1e-5}));
  EXPECT_TRUE(lora_from(file + "[]\n").text_encoder_lr.empty());
  EXPECT_THROW(lora_from(file + "[\"5e-5\"]\n"), Error);
  const LoraTraining told = lora_from(file + "1\n", {{"text_encoder_lr", {"5e-5", "0"}}});
  EXPECT_EQ(told.text_encoder_lr, (std::vector<double>{5e-5, 0}));
  const formats::TemporaryFolder folder;
  formats::put(folder / "again.toml", resolved_toml(told));
  EXPECT_EQ(std::get<LoraTraining>(read_training_config(folder / "again.toml")).text_encoder_lr, told.text_encoder_lr);
}

}  // namespace
}  // namespace darkroom::train
