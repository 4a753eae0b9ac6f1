#include "train/lora_training.h"

#include <gtest/gtest.h>

#include "train/training_folder.h"

namespace darkroom::train {
namespace {

LoraTraining valid() {
  LoraTraining told;
  told.pretrained_model_name_or_path = "model.safetensors";
  told.train_data_dir = "pictures";
  return told;
}

std::string refusal(void (*change)(LoraTraining&)) {
  LoraTraining told = valid();
  change(told);
  return formats::error_of([&] { settled(told); }).what();
}

TEST(LoraTraining, TextsAreRead) {
  LoraTraining told = valid();
  told.resolution = "512, 768";
  told.network_args = {"conv_dim=8", "conv_alpha=4", "rank_dropout=0.1", "loraplus_lr_ratio=16"};
  told.text_encoder_lr = {0};
  const LoraTraining settled_one = settled(told);
  EXPECT_EQ(settled_one.buckets.resolution, (PixelSize{512, 768}));
  EXPECT_EQ(settled_one.network.conv_dim, 8);
  EXPECT_EQ(settled_one.network.rank_dropout, 0.1);
  EXPECT_EQ(lora_plus(settled_one).unet, 16);
  EXPECT_TRUE(settled_one.network.unet);
  EXPECT_FALSE(settled_one.network.text_encoder);
}

TEST(LoraTraining, ContradictionsAreRefusedWithTheReason) {
  const auto says = [](const std::string& text, const char* part) { return text.find(part) != std::string::npos; };
  EXPECT_TRUE(says(refusal([](LoraTraining& t) { t.lr_warmup_steps = 10; }), "constant_with_warmup"));
  EXPECT_TRUE(
      says(refusal([](LoraTraining& t) { t.run.optimizer = "Prodigy", t.unet_lr = 1, t.text_encoder_lr = {0.5}; }),
           "must be equal"));
  EXPECT_TRUE(says(refusal([](LoraTraining& t) {
                     t.run.optimizer = "Prodigy", t.run.learning_rate = 1, t.lr_scheduler = "cosine_with_restarts";
                   }),
                   "safeguard_warmup"));
  EXPECT_TRUE(
      says(refusal([](LoraTraining& t) { t.run.optimizer = "Prodigy", t.network_args = {"loraplus_lr_ratio=16"}; }),
           "loraplus_lr_ratio"));
  EXPECT_TRUE(
      says(refusal([](LoraTraining& t) { t.network_train_unet_only = t.network_train_text_encoder_only = true; }),
           "nothing to train"));
  EXPECT_TRUE(
      says(refusal([](LoraTraining& t) { t.unet_lr = 0, t.text_encoder_lr = {0}; }), "nothing would be trained"));
  EXPECT_TRUE(says(refusal([](LoraTraining& t) { t.resolution = "500"; }), "multiple of 8"));
  EXPECT_TRUE(says(refusal([](LoraTraining& t) { t.network_module = "networks.dylora"; }), "lycoris.kohya"));
  EXPECT_TRUE(says(refusal([](LoraTraining& t) { t.network_module = "lycoris.kohya", t.network_args = {"algo=boft"}; }),
                   "loha or lokr"));
  EXPECT_TRUE(says(refusal([](LoraTraining& t) {
                     t.network_module = "lycoris.kohya", t.network_args = {"algo=loha"}, t.network.dropout = 0.1;
                   }),
                   "rank_dropout"));
  EXPECT_TRUE(says(refusal([](LoraTraining& t) { t.network_args = {"conv_dims=8"}; }), "conv_dim"));
  EXPECT_TRUE(says(refusal([](LoraTraining& t) { t.lr_scheduler = "piecewise_constant"; }), "step_rules"));
  EXPECT_TRUE(says(refusal([](LoraTraining& t) { t.full_bf16 = true; }), "mixed_precision = \"bf16\""));
  EXPECT_TRUE(says(refusal([](LoraTraining& t) { t.full_fp16 = true, t.run.mixed_precision = "bf16"; }),
                   "mixed_precision = \"fp16\""));
  EXPECT_TRUE(says(refusal([](LoraTraining& t) { t.save_last_n_steps_state = -1; }), "save_last_n_steps_state"));
  EXPECT_TRUE(says(refusal([](LoraTraining& t) { t.alpha_background = "white"; }), "#ffffff"));
  EXPECT_TRUE(says(refusal([](LoraTraining& t) { t.dim_from_weights = true; }), "say network_weights"));
  EXPECT_TRUE(says(refusal([](LoraTraining& t) {
                     t.dim_from_weights = true, t.network_weights = "a", t.network_args = {"conv_dim=4"};
                   }),
                   "leave out the one or the other"));
  EXPECT_TRUE(says(refusal([](LoraTraining& t) {
                     t.dim_from_weights = true, t.network_weights = "a", t.network_module = "lycoris.kohya";
                   }),
                   "for plain LoRA"));
  EXPECT_TRUE(says(refusal([](LoraTraining& t) { t.in_json = "a.json", t.reg_data_dir = "b"; }), "metadata_file"));
  EXPECT_TRUE(says(refusal([](LoraTraining& t) { t.base_weights_multiplier = {1}; }), "1 numbers for 0 files"));
  EXPECT_TRUE(says(refusal([](LoraTraining& t) { t.save_n_epoch_ratio = 2, t.save_every_n_epochs = 1; }), "say one"));
}

std::string rates_of_blocks(const std::string& each) {
  std::string text = each;
  for (int i = 1; i < 23; ++i) text += "," + each;
  return text;
}

TEST(LoraTraining, BlocksHaveRatesInFullFineTuningAlone) {
  const auto says = [](const std::string& text, const char* part) { return text.find(part) != std::string::npos; };
  EXPECT_TRUE(says(refusal([](LoraTraining& t) { t.block_lr = rates_of_blocks("1e-5"); }), "down_lr_weight"));
  EXPECT_TRUE(says(refusal([](LoraTraining& t) {
                     t.network_module = "none", t.block_lr = rates_of_blocks("1e-5"), t.unet_lr = 1e-5;
                   }),
                   "say one"));
  EXPECT_TRUE(says(refusal([](LoraTraining& t) {
                     t.network_module = "none", t.block_lr = rates_of_blocks("1"), t.run.optimizer = "Prodigy";
                   }),
                   "block_lr cannot be"));
  EXPECT_TRUE(says(refusal([](LoraTraining& t) { t.network_module = "none", t.block_lr = "1e-5"; }), "23"));
  EXPECT_TRUE(says(refusal([](LoraTraining& t) { t.network_module = "none", t.block_lr = rates_of_blocks("0"); }),
                   "nothing would be trained"));
  LoraTraining told = valid();
  told.network_module = "none", told.block_lr = rates_of_blocks("2e-6");
  EXPECT_EQ(settled(told).block_rates, std::vector<double>(23, 2e-6));
}

TEST(LoraTraining, TextEncodersMayHaveRatesOfTheirOwn) {
  LoraTraining told = valid();
  told.text_encoder_lr = {5e-5};
  EXPECT_EQ(settled(told).text_rate(0), 5e-5);
  EXPECT_EQ(settled(told).text_rate(1), 5e-5);
  told.text_encoder_lr = {5e-5, 0};
  EXPECT_EQ(settled(told).text_rate(1), 0);
  EXPECT_TRUE(settled(told).network.trains_text(0));
  EXPECT_FALSE(settled(told).network.trains_text(1));

  LoraTraining whole = valid();
  whole.network_module = "none", whole.train_text_encoder = true, whole.run.learning_rate = 1e-5;
  whole.learning_rate_te = 2e-6;
  EXPECT_EQ(settled(whole).text_rate(1), 2e-6);
  whole.learning_rate_te.reset(), whole.learning_rate_te1 = 3e-6;
  EXPECT_EQ(settled(whole).text_rate(0), 3e-6);
  EXPECT_EQ(settled(whole).text_rate(1), 1e-5) << "learning_rate, as in sdxl_train.py";
}

TEST(LoraTraining, RatesOfTextEncodersAreSaidOnce) {
  const auto says = [](const std::string& text, const char* part) { return text.find(part) != std::string::npos; };
  EXPECT_TRUE(says(refusal([](LoraTraining& t) { t.text_encoder_lr = {1, 1, 1}; }), "two at most; 3 were given"));
  EXPECT_TRUE(says(refusal([](LoraTraining& t) { t.text_encoder_lr = {1e-5, -1}; }), "must not be negative"));
  EXPECT_TRUE(says(refusal([](LoraTraining& t) { t.learning_rate_te = 1e-5; }), "rates of a LoRA are said by"));
  EXPECT_TRUE(says(refusal([](LoraTraining& t) {
                     t.network_module = "none", t.train_text_encoder = true, t.text_encoder_lr = {1e-6},
                     t.learning_rate_te2 = 1e-6;
                   }),
                   "say one"));
  EXPECT_TRUE(says(refusal([](LoraTraining& t) {
                     t.network_module = "none", t.train_text_encoder = true, t.learning_rate_te = 1e-6,
                     t.learning_rate_te1 = 1e-6;
                   }),
                   "the one or the others"));
  EXPECT_TRUE(says(refusal([](LoraTraining& t) { t.network_module = "none", t.learning_rate_te1 = 1e-6; }),
                   "only where train_text_encoder says so"));
  EXPECT_TRUE(says(refusal([](LoraTraining& t) {
                     t.run.optimizer = "Prodigy", t.run.learning_rate = 1, t.text_encoder_lr = {1, 0.5};
                   }),
                   "text_encoder_lr (1 and 0.5) must be equal"));
  LoraTraining fine = valid();
  fine.run.optimizer = "Prodigy", fine.run.learning_rate = 1, fine.text_encoder_lr = {1, 0};
  EXPECT_NO_THROW(settled(fine));
}

TEST(LoraTraining, FullFineTuningHasNoNetwork) {
  LoraTraining told = valid();
  told.network_module = "none";
  EXPECT_TRUE(settled(told).network.unet);
  EXPECT_FALSE(settled(told).network.text_encoder);
  told.train_text_encoder = true, told.text_encoder_lr = {1e-6};
  EXPECT_TRUE(settled(told).network.text_encoder);
  const auto refused = [](void (*change)(LoraTraining&), const char* name) {
    LoraTraining training = valid();
    training.network_module = "none";
    change(training);
    const std::string message = formats::error_of([&] { settled(training); }).what();
    EXPECT_NE(message.find(name), std::string::npos) << message;
  };
  refused([](LoraTraining& t) { t.network.dim = 32; }, "network_dim is of networks");
  refused([](LoraTraining& t) { t.network_args = {"conv_dim=8"}; }, "network_args is of networks");
  refused([](LoraTraining& t) { t.network_train_unet_only = true; }, "train_text_encoder");
  refused([](LoraTraining& t) { t.scale_weight_norms = 1; }, "scale_weight_norms");
  refused([](LoraTraining& t) { t.text_encoder_lr = {1e-6}; }, "train_text_encoder");
  refused([](LoraTraining& t) { t.unet_lr = 0; }, "nothing would be trained");
  EXPECT_NE(refusal([](LoraTraining& t) { t.train_text_encoder = true; }).find("network_module"), std::string::npos);
}

TEST(LoraTraining, AdafactorsOwnStepsKnowNoRates) {
  LoraTraining told = TrainingFolder().training();
  told.run.optimizer = "Adafactor", told.lr_scheduler = "adafactor";
  const LrSchedule schedule = lr_schedule_of(settled(told), 100);
  EXPECT_EQ(rate_of_step(told, schedule, 0), 1e-2);
  EXPECT_EQ(rate_factor(told, schedule, 39999), 0.5);
  told.unet_lr = 1e-3, told.text_encoder_lr = {1e-4};
  EXPECT_THROW(settled(told), Error);
  told.run.optimizer_args = {"relative_step=False"}, told.lr_scheduler = "constant";
  EXPECT_EQ(rate_of_step(settled(told), lr_schedule_of(told, 100), 50), told.run.learning_rate);
  told.lr_scheduler = "adafactor";
  EXPECT_THROW(settled(told), Error);
}

TEST(LoraTraining, LycorisTrainsAllKindsOfLayers) {
  LoraTraining told = valid();
  told.network_module = "lycoris.kohya", told.network.dim = 8, told.network.alpha = 4;
  told.network_args = {"algo=lokr", "factor=8", "dora_wd=True"};
  const LoraTraining all = settled(told);
  EXPECT_EQ(all.network.algorithm, "lokr");
  EXPECT_EQ(all.network.factor, 8);
  EXPECT_TRUE(all.network.dora);
  EXPECT_TRUE(all.network.ends);
  EXPECT_EQ(all.network.conv_dim, 8);
  EXPECT_EQ(all.network.conv_alpha, 4);
  told.network_args = {"algo=locon", "preset=attn-mlp"};
  EXPECT_EQ(settled(told).network.conv_dim, 0);
  EXPECT_EQ(settled(told).network.algorithm, "lora");
}

TEST(LoraTraining, ProdigyWithRestartsIsAllowedWithItsSafeguard) {
  LoraTraining told = valid();
  told.run.optimizer = "Prodigy", told.run.learning_rate = 1, told.lr_scheduler = "cosine_with_restarts";
  told.run.optimizer_args = {"safeguard_warmup=True"};
  EXPECT_NO_THROW(settled(told));
}

TEST(LoraTraining, SharesOfARunBecomeSteps) {
  LoraTraining told = valid();
  told.lr_scheduler = "cosine", told.lr_warmup_steps = 0.1;
  const LrSchedule schedule = lr_schedule_of(told, 200);
  EXPECT_EQ(schedule.warmup_steps, 20);
  EXPECT_DOUBLE_EQ(lr_factor(schedule, 10), 0.5);
}

}  // namespace
}  // namespace darkroom::train
