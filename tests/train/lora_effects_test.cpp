#include "train/lora_effects.h"

#include <gtest/gtest.h>

#include <set>

#include "train/config.h"
#include "train/effects/rows.h"
#include "train/training_folder.h"

namespace darkroom::train {
namespace {

/// Options of the small folder (20 + 2 uses of three pictures) with changes, and their effects.
struct Case {
  TrainingFolder folder;
  LoraTraining told = folder.training();

  RunFacts facts() const { return run_facts(settled(told), size_in_file); }
  std::string effect(const std::string& name) const { return effect_of(name, settled(told), facts()); }
};

bool says(const std::string& name, const LoraTraining& told, const char* part) {
  return effect_of(name, told).find(part) != std::string::npos;
}

/// Runs that differ in everything lines speak of.
std::vector<LoraTraining> various(const TrainingFolder& folder) {
  const LoraTraining plain = settled(folder.training());
  LoraTraining rich = folder.training();
  rich.clip_skip = 2, rich.max_token_length = 225, rich.flip_aug = true, rich.masked_loss = true;
  rich.captions = {.prefix = "p",
                   .suffix = "s",
                   .dropout_rate = 0.1,
                   .dropout_every_n_epochs = 1,
                   .wildcards = true,
                   .separator = ",",
                   .shuffle = true,
                   .keep_tokens = 1,
                   .keep_tokens_separator = "|||",
                   .tag_dropout_rate = 0.2,
                   .warmup_steps = 0.5,
                   .warmup_min = 2,
                   .secondary_separator = ";"};
  rich.network_args = {"conv_dim=2", "loraplus_lr_ratio=4", "rank_dropout=0.1"};
  rich.network.dropout = 0.25, rich.scale_weight_norms = 1, rich.unet_lr = 2e-4, rich.text_encoder_lr = {5e-5};
  rich.run.optimizer = "Lion", rich.run.ema_decay = 0.99, rich.run.mixed_precision = "bf16", rich.full_bf16 = true;
  rich.lr_scheduler = "cosine_with_restarts", rich.lr_scheduler_num_cycles = 2, rich.lr_warmup_steps = 1;
  rich.max_train_epochs = 3, rich.gradient_accumulation_steps = 2, rich.validation_split = 0.4;
  rich.noise = {.offset = 0.05,
                .offset_random_strength = true,
                .adaptive_scale = 0.1,
                .multires_iterations = 6,
                .multires_discount = 0.4};
  rich.ip_noise_gamma = 0.1, rich.loss.type = "huber", rich.loss.huber_schedule = "exponential",
  rich.loss.min_snr_gamma = 5, rich.loss.v_pred_like_loss = 0.5;
  rich.save_precision = "fp16", rich.save_every_n_steps = 2, rich.save_last_n_steps = 3, rich.save_every_n_epochs = 1;
  rich.run.seed = 7, rich.min_timestep = 200, rich.max_timestep = 800, rich.training_comment = "mine",
  rich.model_spec = {"a title", "an author", "a description", "a license", "tags", "a hint", "a phrase"},
  rich.log_prefix = "x";
  LoraTraining whole = folder.training();
  whole.network_module = "none", whole.network.dim = 4, whole.run.optimizer = "Adafactor", whole.color_aug = true;
  whole.run.optimizer_args = {"relative_step=False"};
  whole.lr_scheduler = "polynomial", whole.enable_bucket = false, whole.ignore_memory = true,
  whole.train_text_encoder = true, whole.learning_rate_te = 1e-6;
  LoraTraining prodigy = folder.training();
  prodigy.run.optimizer = "Prodigy", prodigy.run.learning_rate = 1, prodigy.network_train_unet_only = true;
  prodigy.lr_scheduler = "warmup_stable_decay", prodigy.lr_decay_steps = 2, prodigy.buckets.no_upscale = true;
  LoraTraining large = folder.training();
  large.pretrained_model_name_or_path = std::string(DARKROOM_TESTS_DIR) + "/golden/tiny/sdxl";
  large.weighted_captions = true, large.save_n_epoch_ratio = 1;
  large.network_module = "none", large.network.dim = 4, large.train_text_encoder = true;
  large.learning_rate_te1 = 1e-6, large.learning_rate_te2 = 0;
  return {plain, settled(rich), settled(whole), settled(prodigy), settled(large)};
}

TEST(LoraEffects, EveryOptionHasOne) {
  const TrainingFolder folder;
  for (const LoraTraining& told : various(folder)) {
    const RunFacts facts = run_facts(told, size_in_file);
    ASSERT_TRUE(facts.plan && facts.model);
    for (const RunFacts& known : {facts, RunFacts{}}) {
      for (const OptionRow& row : lora_option_rows()) {
        const std::string effect = effect_of(row.name, told, known);
        EXPECT_FALSE(effect.empty()) << row.name;
        EXPECT_FALSE(effect.ends_with('.')) << row.name << ": " << effect;
        EXPECT_EQ(effect.find("nan"), std::string::npos) << row.name << ": " << effect;
      }
    }
  }
  EXPECT_EQ(effect_of("no_such_option", {}), "");
}

TEST(LoraEffects, DependOnTheRun) {
  const TrainingFolder folder;
  std::map<std::string, std::set<std::string>> lines;
  for (const LoraTraining& told : various(folder)) {
    const RunFacts facts = run_facts(told, size_in_file);
    for (const OptionRow& row : lora_option_rows()) lines[row.name].insert(effect_of(row.name, told, facts));
  }
  // What these runs do not change.
  const std::set<std::string> alike = {"vae",
                                       "v_parameterization",
                                       "zero_terminal_snr",
                                       "train_data_dir",
                                       "reg_data_dir",
                                       "dataset_config",
                                       "in_json",
                                       "dataset_repeats",
                                       "resolution",
                                       "caption_extension",
                                       "random_crop",
                                       "alpha_mask",
                                       "latent_cache_dir",
                                       "prior_loss_weight",
                                       "network_weights",
                                       "dim_from_weights",
                                       "base_weights",
                                       "base_weights_multiplier",
                                       "lr_scheduler_timescale",
                                       "lr_scheduler_args",
                                       "gradient_checkpointing",
                                       "full_fp16",
                                       "ip_noise_gamma_random_strength",
                                       "max_grad_norm",
                                       "scale_v_pred_loss_like_noise_pred",
                                       "debiased_estimation_loss",
                                       "output_dir",
                                       "save_last_n_epochs_state",
                                       "save_last_n_steps_state",
                                       "resume",
                                       "save_state_every_n_steps",
                                       "logging_dir",
                                       "no_metadata",
                                       "sample_prompts",
                                       "sample_every_n_steps",
                                       "sample_every_n_epochs",
                                       "sample_at_first",
                                       "sample_sampler"};
  for (const auto& [name, said] : lines)
    EXPECT_TRUE(said.size() > 1 || alike.contains(name)) << name << ": " << *said.begin();
}

TEST(LoraEffects, SayWhatANumberMeansNow) {
  LoraTraining told;
  told.network.dim = 32, told.network.alpha = 16, told.loss.min_snr_gamma = 5;
  EXPECT_TRUE(says("network_alpha", told, "16 / 32 = 0.5")) << effect_of("network_alpha", told);
  // training.md 2.3: .048306 at t 10, .591443 at 100, 1 from 147.
  EXPECT_TRUE(says("min_snr_gamma", told, "0.048 at t 10, 0.591 at 100, 1.000 at 500"))
      << effect_of("min_snr_gamma", told);
  told.v_parameterization = true;
  EXPECT_TRUE(says("min_snr_gamma", told, "0.529 at 100, 0.276 at 500")) << effect_of("min_snr_gamma", told);
}

TEST(LoraEffects, SayWhatFilesBring) {
  LoraTraining told;
  EXPECT_TRUE(says("base_weights_multiplier", told, "no effect"));
  told.base_weights = {"/loras/a.safetensors", "/loras/b.safetensors"}, told.base_weights_multiplier = {0.5};
  EXPECT_TRUE(says("base_weights", told, "<lora:a:0.5> <lora:b:1>")) << effect_of("base_weights", told);
  EXPECT_EQ(effect_of("base_weights_multiplier", told), "a.safetensors counts 0.5, b.safetensors counts 1");
  told.network_weights = "/loras/a.safetensors", told.dim_from_weights = true;
  EXPECT_TRUE(says("network_dim", told, "no effect"));
  EXPECT_TRUE(says("network_alpha", told, "no effect"));
  EXPECT_TRUE(says("dim_from_weights", told, "those of a.safetensors"));
  EXPECT_TRUE(says("dataset_repeats", told, "no effect"));
  told.in_json = "/a/meta.json", told.dataset_repeats = 3;
  EXPECT_TRUE(says("in_json", told, "meta.json has captions"));
  EXPECT_TRUE(says("dataset_repeats", told, "comes 3 times an epoch"));
  EXPECT_TRUE(says("caption_extension", told, "no effect"));
  told.save_n_epoch_ratio = 4, told.max_train_epochs = 10;
  EXPECT_EQ(effect_of("save_n_epoch_ratio", told),
            "10 / 4 = 2 epochs: 4 files from last-000002.safetensors on, beside the finished one");
  EXPECT_TRUE(says("save_every_n_epochs", told, "no effect"));
}

TEST(LoraEffects, SayWhatHasNone) {
  LoraTraining told;
  EXPECT_TRUE(says("keep_tokens", told, "no effect"));
  told.captions.shuffle = true;
  EXPECT_FALSE(says("keep_tokens", told, "no effect"));
  EXPECT_TRUE(says("huber_c", told, "no effect"));
  EXPECT_TRUE(says("prior_loss_weight", told, "reg_data_dir"));
  told.max_train_epochs = 2;
  EXPECT_TRUE(says("max_train_steps", told, "max_train_epochs decides"));
}

// Numbers of these can be had on paper: 22 uses of three pictures, in batches of 2.
TEST(LoraEffects, CountStepsOfTheFolder) {
  Case one;
  // 32x32 and two of like shape: 10 + 10 + 2 uses in three sizes are 5 + 5 + 1 batches.
  EXPECT_EQ(one.effect("train_batch_size"), "2 x 1 = 2 pictures to a step; 11 batches an epoch");
  one.told.run.steps = 33;
  EXPECT_EQ(one.effect("max_train_steps"), "11 steps an epoch, so 3 epochs; a picture is seen 22 times on average");
  one.told.gradient_accumulation_steps = 4;  // 3 steps an epoch
  EXPECT_EQ(one.effect("max_train_steps"), "3 steps an epoch, so 11 epochs; a picture is seen 80.7 times on average");
  one.told.max_train_epochs = 5;
  EXPECT_EQ(one.effect("max_train_epochs"),
            "5 epochs of 3 steps each: 15 steps; a picture is seen 36.7 times on average");
  EXPECT_EQ(one.effect("caption_extension"),
            "2 of 3 pictures have a .txt file; the others are trained as their folder's name says, \"square\"");
}

TEST(LoraEffects, CountFilesThatStay) {
  Case one;
  one.told.run.steps = 100, one.told.save_every_n_steps = 10, one.told.save_last_n_steps = 25;
  // 10 to 90; at 90 those of the last 25 steps are 70, 80 and 90, and 60 went when 90 came.
  EXPECT_EQ(one.effect("save_last_n_steps"), "3 of 9 files stay");
  EXPECT_EQ(one.effect("save_state_every_n_steps"),
            "1 state in the run; at most 100 steps are lost when the power fails");
  one.told.save_every_n_epochs = 2, one.told.save_last_n_epochs = 1;  // 100 steps are 10 epochs: 2, 4, 6, 8
  EXPECT_EQ(one.effect("save_last_n_epochs"), "1 of 4 files stay");
}

TEST(LoraEffects, CountNumbersAndBytesOfTheNetwork) {
  Case one;
  one.told.network.dim = 16, one.told.save_precision = "fp16";
  const RunFacts::Model model = *one.facts().model;
  const int64_t numbers = 16 * (model.unet.per_rank + model.text().per_rank);
  EXPECT_NE(one.effect("network_dim")
                .find(fmt::format("16 x ({} + {}) =", effects::count(model.unet.per_rank),
                                  effects::count(model.text().per_rank))),
            std::string::npos)
      << one.effect("network_dim");
  EXPECT_NE(one.effect("save_precision").find(fmt::format("{:.3g} kB a file", double(2 * numbers) / 1024)),
            std::string::npos)
      << one.effect("save_precision");
}

TEST(LoraEffects, SayTheRateOfEachTextEncoder) {
  LoraTraining told = Case().told;
  told.text_encoder_lr = {5e-5, 1e-5};
  EXPECT_EQ(effect_of("text_encoder_lr", told),
            "of text encoder 1 5e-05 in every step; of text encoder 2 1e-05 in every step");
  Case small;
  small.told.text_encoder_lr = {5e-5, 1e-5};
  EXPECT_EQ(small.effect("text_encoder_lr"),
            "refused at the start: 5e-05 and 1e-05, and the model has one text encoder");
  LoraTraining whole = Case().told;
  whole.network_module = "none", whole.network.dim = 4, whole.train_text_encoder = true;
  whole.learning_rate_te1 = 1e-6, whole.learning_rate_te2 = 0;
  whole = settled(whole);
  EXPECT_EQ(effect_of("learning_rate_te1", whole),
            "of text encoder 1 1e-06 in every step; of text encoder 2 0: it stays as it is");
  EXPECT_TRUE(says("text_encoder_lr", whole, "no effect: learning_rate_te"));
  EXPECT_TRUE(says("learning_rate_te1", told, "no effect: the model itself is not trained"));
}

TEST(LoraEffects, FollowTheRate) {
  LoraTraining told;
  told.run.steps = 1000, told.run.learning_rate = 2e-4, told.lr_scheduler = "cosine";
  told = settled([&] {
    told.pretrained_model_name_or_path = "m", told.train_data_dir = "d";
    return told;
  }());
  EXPECT_TRUE(says("lr_scheduler", told, "factor 1 at step 0, 0.5 at 500, 2.47e-06 at the last"));
  told.lr_scheduler = "cosine_with_restarts", told.lr_scheduler_num_cycles = 4, told.lr_warmup_steps = 0.1;
  EXPECT_EQ(effect_of("lr_warmup_steps", told),
            "100 steps of 1,000 (10 %); the first has the rate 0 and changes nothing");
  EXPECT_EQ(effect_of("lr_scheduler_num_cycles", told),
            "4 waves of 225 steps; the rate jumps from 0 to the whole at step 325 first");
  told.lr_scheduler = "constant", told.lr_warmup_steps = 0;
  EXPECT_EQ(effect_of("learning_rate", told), "of UNet and text encoders: 0.0002 in every step");
  // 1 - exp(-2e-4 * 0.1 * 1000)
  told.run.optimizer_args = {"weight_decay=0.1"};
  EXPECT_EQ(effect_of("optimizer_args", told),
            "a step follows about the last 10 gradients, its size the last 1,000; weight_decay 0.1 takes 1.98 % of a "
            "number over the run");
}

TEST(LoraEffects, AreClosedFormsWhereThereAreSuch) {
  LoraTraining told;
  told.run.ema_decay = 0.999;  // ln 2 / 0.0010005; (1 + n) / (10 + n) = 0.999 at 8990
  EXPECT_EQ(effect_of("ema_decay", told),
            "a step's weight halves in 693 steps (ln 2 / -ln 0.999); the whole decay holds from step 8,990 on");
  told.ip_noise_gamma = 0.1;  // sqrt(1.01)
  EXPECT_EQ(effect_of("ip_noise_gamma", told), "the noise is 0.499 % stronger than the model is told");
  told.min_timestep = 100, told.max_timestep = 600;
  EXPECT_TRUE(says("min_timestep", told, "t 100 to 599 are drawn, 50 % of all")) << effect_of("min_timestep", told);
  told.captions.dropout_rate = 0.1, told.run.batch_size = 2;
  EXPECT_EQ(effect_of("caption_dropout_rate", told), "about 320 of the run's 3,200 uses learn what no words mean");
  told.prior_loss_weight = 0.5, told.reg_data_dir = "r";
  EXPECT_TRUE(says("prior_loss_weight", told, "33.3 %"));
  told.max_token_length = 225;
  EXPECT_TRUE(says("max_token_length", told, "3 windows of 75 tokens; with their ends the UNet reads 227"));
  told.network.dim = 8, told.network.dropout = 0.2;
  EXPECT_EQ(effect_of("network_dropout", told),
            "1.6 of 8 values between the matrices are left out at each use, the others count 1.25 times");
  // alpha_bar of t 999 is 0.0047: the square root.
  EXPECT_TRUE(says("zero_terminal_snr", told, "t 999 shows 6.83 % of the picture"))
      << effect_of("zero_terminal_snr", told);
}

TEST(LoraEffects, TakeTheFirstCaptionForAnExample) {
  Case one;
  one.told.captions.shuffle = true, one.told.captions.tag_dropout_rate = 0.5;
  EXPECT_EQ(one.effect("shuffle_caption"), "3 tags of \"a red disc, round, bright\" may stand in 6 orders");
  EXPECT_EQ(one.effect("caption_tag_dropout_rate"),
            "of 3 tags in \"a red disc, round, bright\" 1.5 are left out on average, none in 12.5 % of its uses");
  one.told.captions.keep_tokens = 1, one.told.captions.prefix = "oil";
  EXPECT_EQ(one.effect("keep_tokens"),
            "of \"a red disc, round, bright\"'s 3 tags the first 1 stay, 2 may move or be left out");
  EXPECT_EQ(one.effect("caption_prefix"), "\"a red disc, round, bright\" is read as \"oil a red disc, round, bright\"");
}

TEST(LoraEffects, OfFullFineTuningSpeakOfNoLora) {
  LoraTraining told;
  told.network_module = "none";
  for (const char* name :
       {"network_dim", "network_alpha", "network_args", "network_dropout", "network_weights", "scale_weight_norms"})
    EXPECT_TRUE(says(name, told, "no effect: network_module is none")) << name;
  EXPECT_EQ(effect_of("output_name", told), "the checkpoint is last.safetensors");
}

}  // namespace
}  // namespace darkroom::train
