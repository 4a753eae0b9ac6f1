// What a LoRA run, or a full fine-tuning, is told. Options are named as in kohya's train_network.py and mean what they
// mean there; where a default differs, its row in lora_options.h says so.
#pragma once

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "train/buckets.h"
#include "train/lr_schedule.h"
#include "train/run_config.h"
#include "train/training_options.h"

namespace darkroom::train {

struct LoraTraining : PictureOptions {
  LoraTraining();  ///< with what differs from other runs: one picture a step, no moving average

  RunConfig run;

  // The model.
  std::filesystem::path pretrained_model_name_or_path, vae;
  std::vector<std::filesystem::path> base_weights;  ///< LoRA files merged into the model before; base_weights.h
  std::vector<double> base_weights_multiplier;      ///< of each; 1 where there are fewer
  int64_t clip_skip = 1;
  bool v_parameterization = false, zero_terminal_snr = false;

  // The pictures; of all folders, where dataset_config says nothing else.
  std::filesystem::path train_data_dir, reg_data_dir, dataset_config;
  std::filesystem::path in_json;  ///< captions of the pictures in train_data_dir; caption_metadata.h
  int64_t dataset_repeats = 1;    ///< of those
  bool masked_loss = false;
  std::filesystem::path latent_cache_dir;    ///< empty = in memory only
  std::string alpha_background = "#ffffff";  ///< what transparent pixels are put on
  int64_t max_token_length = 75;
  bool weighted_captions = false;  ///< brackets in captions weigh, as in prompts
  double prior_loss_weight = 1;
  double validation_split = 0;
  std::optional<int64_t> validation_seed;
  int64_t validate_every_n_steps = 0, validate_every_n_epochs = 0;  ///< both 0 = at the end of each epoch
  int64_t max_validation_steps = 0;                                 ///< batches measured at most; 0 = all

  // The network.
  std::string network_module = "networks.lora";  ///< "none" = no network: the weights themselves are trained
  LoraOptions network;
  std::vector<std::string> network_args;  ///< conv_dim, conv_alpha, rank_dropout, module_dropout, loraplus_lr_ratio
  std::filesystem::path network_weights;
  bool dim_from_weights = false;  ///< network_weights says which modules there are, and their ranks
  bool network_train_unet_only = false, network_train_text_encoder_only = false;
  std::optional<double> unet_lr;        ///< nothing = learning_rate
  std::vector<double> text_encoder_lr;  ///< of all text encoders, or of each; none = learning_rate
  std::optional<double> learning_rate_te, learning_rate_te1, learning_rate_te2;  ///< the same, of full fine-tuning
  std::string block_lr;             ///< of full fine-tuning of SDXL: a rate for each block of the UNet
  std::vector<double> block_rates;  ///< that, read
  double scale_weight_norms = 0;
  bool train_text_encoder = false;  ///< of full fine-tuning; networks train text encoders unless told otherwise

  // Steps.
  int64_t max_train_epochs = 0;  ///< 0 = by steps
  int64_t gradient_accumulation_steps = 1;
  std::string lr_scheduler = "constant";
  double lr_warmup_steps = 0, lr_decay_steps = 0;  ///< below 1 a share of the run
  double lr_scheduler_num_cycles = 1, lr_scheduler_power = 1, lr_scheduler_min_lr_ratio = 0;
  int64_t lr_scheduler_timescale = 0;
  std::vector<std::string> lr_scheduler_args;

  bool gradient_checkpointing = false;
  bool ignore_memory = false;                 ///< start although the machine has less than is needed
  bool full_bf16 = false, full_fp16 = false;  ///< what is trained, and its gradients, are such numbers too

  // Noise and loss.
  int64_t min_timestep = 0, max_timestep = 1000;
  TrainingNoise noise;
  double ip_noise_gamma = 0;
  bool ip_noise_gamma_random_strength = false;
  DenoisingLoss loss;

  // What is kept.
  std::string output_name = "last";
  std::string save_precision = "float";
  int64_t save_every_n_steps = 0, save_every_n_epochs = 0, save_last_n_steps = 0, save_last_n_epochs = 0;
  int64_t save_n_epoch_ratio = 0;  ///< instead of save_every_n_epochs: so many files in a run
  int64_t save_last_n_steps_state = 0, save_last_n_epochs_state = 0;
  std::filesystem::path resume;  ///< a state, or a folder with some; see state_to_continue()
  std::filesystem::path logging_dir;
  std::string log_prefix, training_comment;
  ModelSpec model_spec;
  bool no_metadata = false;
  std::filesystem::path sample_prompts;
  int64_t sample_every_n_steps = 0, sample_every_n_epochs = 0;
  bool sample_at_first = false;
  std::string sample_sampler;  ///< empty = what the model recommends

  /// Full fine-tuning, model_weights.h: `network` only says which parts are trained.
  bool trains_the_model() const { return network_module == "none"; }
  double unet_rate() const { return unet_lr.value_or(run.learning_rate); }
  /// Of text encoder `number`, counted from 0; of a model with one it is number 0.
  double text_rate(size_t number) const;
  double highest_text_rate() const { return std::max(text_rate(0), text_rate(1)); }
  /// How much base_weights[number] counts.
  double base_multiplier(size_t number) const;
  /// save_every_n_epochs, or what save_n_epoch_ratio makes of a run of `epochs`; 0 = none.
  int64_t epochs_between_files(int64_t epochs) const;
  bool says_text_rates() const;  ///< rather than leaving them to learning_rate
  bool has_two_text_rates() const { return text_rate(0) != text_rate(1); }
};

/// Reads what is written in texts (resolution, network_args) into the options they stand for, and refuses what cannot
/// be or contradicts itself, with the reason. Throws Error{invalid_request}.
LoraTraining settled(LoraTraining told);

/// Reads `resolution` into the buckets. Throws Error{invalid_request}.
PictureOptions settled(PictureOptions told);

/// loraplus_lr_ratio of network_args: how much faster the up matrices learn; 1 = no faster.
struct LoraPlus {
  double unet = 1, text = 1;
};
LoraPlus lora_plus(const LoraTraining& told);

/// The learning rate's way through a run of `steps` steps. Throws Error{invalid_request}.
LrSchedule lr_schedule_of(const LoraTraining& told, int64_t steps);

/// What learning_rate is multiplied with in step `step` from 0; of an optimizer that takes its own steps, their size as
/// a share of the first one's.
double rate_factor(const LoraTraining& told, const LrSchedule& schedule, int64_t step);

/// The rate of that step where no other is said for what is trained.
double rate_of_step(const LoraTraining& told, const LrSchedule& schedule, int64_t step);

}  // namespace darkroom::train
