// The options of a LoRA run, once: reading files, the command line, help and the record of a run are visitors of this
// list.
#pragma once

#include "train/lora_training.h"
#include "train/picture_options.h"

namespace darkroom::train {

/// Calls v(name, member, words) for each; words say what it does, in one or two lines.
template <typename Visitor>
void visit_options(LoraTraining& c, Visitor&& v) {
  v("pretrained_model_name_or_path", c.pretrained_model_name_or_path,
    "The model: a checkpoint or a diffusers folder. The file stays as it is");
  v("vae", c.vae, "Another VAE: a file or a diffusers VAE folder");
  v("base_weights", c.base_weights,
    "LoRA files merged into the model before training: the new one is learnt on top of them, and used with them");
  v("base_weights_multiplier", c.base_weights_multiplier, "How much each of base_weights counts; 1 unless said");
  v("clip_skip", c.clip_skip, "Which layer of the text encoder is read, from the end (SD 1.x and 2.x): 1 or 2");
  v("v_parameterization", c.v_parameterization,
    "The model answers v. Models that say so themselves need no telling; for one that answers eps this is refused");
  v("zero_terminal_snr", c.zero_terminal_snr, "The last timestep is pure noise: the schedule is stretched");

  v("train_data_dir", c.train_data_dir,
    "Folder of folders named 10_sks dog: its pictures come 10 times an epoch, captioned \"sks dog\" unless a text file "
    "of the picture's name lies beside it");
  v("reg_data_dir", c.reg_data_dir, "The same for regularisation pictures: what the model should keep");
  v("dataset_config", c.dataset_config,
    "Instead of the two: a TOML file of datasets and subsets, each with options of its own, as kohya's");
  v("in_json", c.in_json,
    "Captions in one file, kohya's metadata: {\"a.png\": {\"caption\": \"...\", \"tags\": \"...\"}}, or .jsonl. The "
    "pictures "
    "lie in train_data_dir, whatever its name");
  v("dataset_repeats", c.dataset_repeats, "With in_json: how often each picture comes in an epoch");
  visit_picture_options(c, v);
  v("latent_cache_dir", c.latent_cache_dir,
    "Folder that keeps encoded pictures for other runs, found by what they were made of: never stale");
  v("masked_loss", c.masked_loss, "As alpha_mask, of all pictures; or masks of their own, from conditioning_data_dir");
  v("alpha_background", c.alpha_background,
    "Colour (#rrggbb) that transparent pixels are put on, or \"none\": what is hidden under them shows, as with kohya");
  v("max_token_length", c.max_token_length, "75, 150 or 225 tokens of a caption are read");
  v("weighted_captions", c.weighted_captions,
    "Brackets in captions weigh as in prompts: (much:1.3), [less]. Without it they are read as they are");
  v("prior_loss_weight", c.prior_loss_weight, "How much regularisation pictures count");
  v("validation_split", c.validation_split, "Share of each folder that is never trained but measured");
  v("validation_seed", c.validation_seed, "Which pictures these are; the seed's unless said");
  v("validate_every_n_steps", c.validate_every_n_steps, "How often these are measured; 0 = at the end of epochs");
  v("validate_every_n_epochs", c.validate_every_n_epochs,
    "At the end of each so many epochs; 0 = of each, unless validate_every_n_steps is said");
  v("max_validation_steps", c.max_validation_steps, "Of these only so many batches are measured; 0 = all");

  v("network_module", c.network_module,
    "networks.lora; lycoris.kohya for other kinds: algo of network_args; none: the model's own weights are trained, "
    "and a "
    "whole checkpoint is saved");
  v("network_dim", c.network.dim, "Rank: how many directions each layer can change in");
  v("network_alpha", c.network.alpha,
    "The change is multiplied by alpha / dim. Half of dim at weight 1 is the same file as dim at weight 0.5; 0 = dim");
  v("network_args", c.network_args,
    "conv_dim=8 conv_alpha=1 trains 3x3 convolutions too; rank_dropout, module_dropout; loraplus_lr_ratio (also "
    "loraplus_unet_lr_ratio, loraplus_text_encoder_lr_ratio): up matrices learn that much faster, 16 in the paper. "
    "By block of the UNet, 25 numbers (SDXL 23): block_dims, block_alphas, conv_block_dims, conv_block_alphas; factors "
    "on its rate: down_lr_weight and up_lr_weight (12, SDXL 9, or a curve as linear+0.25), mid_lr_weight, "
    "block_lr_zero_threshold. "
    "With lycoris.kohya: algo=lora, loha, lokr; dora_wd=True; preset=full, attn-mlp; factor, decompose_both, "
    "full_matrix of "
    "lokr");
  v("network_dropout", c.network.dropout, "Share of values between the two matrices left out in a step");
  v("network_weights", c.network_weights, "A LoRA file to go on from, of the same ranks");
  v("dim_from_weights", c.dim_from_weights,
    "Which layers are trained, and their ranks and alphas, are taken from network_weights");
  v("network_train_unet_only", c.network_train_unet_only, "The text encoder stays as it is");
  v("network_train_text_encoder_only", c.network_train_text_encoder_only, "The UNet stays as it is");
  v("train_text_encoder", c.train_text_encoder,
    "With network_module none: the text encoders are trained too, at text_encoder_lr");
  v("unet_lr", c.unet_lr, "Learning rate of the UNet; learning_rate unless said");
  v("text_encoder_lr", c.text_encoder_lr,
    "Learning rate of the text encoders; learning_rate unless said; 0 = not trained. Two numbers are one for each of "
    "SDXL's");
  v("learning_rate_te", c.learning_rate_te, "Of full fine-tuning: text_encoder_lr under the name it has there");
  v("learning_rate_te1", c.learning_rate_te1,
    "Of full fine-tuning of SDXL: learning rate of its first text encoder; learning_rate unless said; 0 = not trained");
  v("learning_rate_te2", c.learning_rate_te2, "The same of its second text encoder");
  v("block_lr", c.block_lr,
    "Of full fine-tuning of SDXL: 23 learning rates of the UNet with commas between, for the embeddings, 9 blocks "
    "down, 3 "
    "in the middle, 9 up and the end; 0 = that block is not trained");
  v("scale_weight_norms", c.scale_weight_norms, "Most that the norm of a layer's change may be; 0 = no limit");

  v("optimizer_type", c.run.optimizer, "AdamW, AdamW8bit, Lion, SGDNesterov, Adafactor, DAdaptAdam, Prodigy");
  v("optimizer_args", c.run.optimizer_args, "name=value each, such as weight_decay=0.01 d_coef=2");
  v("learning_rate", c.run.learning_rate, "Of Prodigy and DAdaptAdam a factor on what they find: 1");
  v("lr_scheduler", c.lr_scheduler,
    "constant, constant_with_warmup, linear, cosine, cosine_with_restarts, polynomial, inverse_sqrt, "
    "cosine_with_min_lr, warmup_stable_decay, piecewise_constant; adafactor: steps of its own size");
  v("lr_warmup_steps", c.lr_warmup_steps, "Steps in which the rate rises from 0; below 1 a share of the run");
  v("lr_decay_steps", c.lr_decay_steps, "Of warmup_stable_decay: its last steps; below 1 a share of the run");
  v("lr_scheduler_num_cycles", c.lr_scheduler_num_cycles, "Of cosine_with_restarts: how often it starts");
  v("lr_scheduler_power", c.lr_scheduler_power, "Of polynomial");
  v("lr_scheduler_min_lr_ratio", c.lr_scheduler_min_lr_ratio, "Of cosine_with_min_lr, warmup_stable_decay: the end");
  v("lr_scheduler_timescale", c.lr_scheduler_timescale, "Of inverse_sqrt; 0 = the warm-up");
  v("lr_scheduler_args", c.lr_scheduler_args, "Of piecewise_constant: step_rules=1:10,0.1:20,0.005");
  v("train_batch_size", c.run.batch_size, "Pictures seen at once");
  v("gradient_accumulation_steps", c.gradient_accumulation_steps, "Batches whose gradients make one step");
  v("max_train_steps", c.run.steps, "Steps of the whole run");
  v("max_train_epochs", c.max_train_epochs, "Instead of steps: how often all pictures are seen");
  v("max_grad_norm", c.run.max_grad_norm, "Longer gradients are shortened to this; 0 = never");
  v("ema_decay", c.run.ema_decay, "The saved file is a moving average with this decay; 0 = what was trained last");
  v("ignore_memory", c.ignore_memory,
    "Start although what is trained, its gradients and the optimizer take more memory than the machine has");
  v("gradient_checkpointing", c.gradient_checkpointing,
    "Much less memory for a third more time: parts of the networks are computed again in the backward pass");
  v("mixed_precision", c.run.mixed_precision,
    "no, bf16, fp16. bf16 becomes fp32 where the processor has none; fp16 rounds as a GPU does and scales the loss, "
    "slower than no");
  v("full_bf16", c.full_bf16,
    "What is trained and its gradients are bf16 numbers too, as with kohya; the optimizer keeps fp32. With "
    "mixed_precision bf16. Small rates then change nothing: a step must move a weight by 1/512 of itself");
  v("full_fp16", c.full_fp16, "The same in fp16, with mixed_precision fp16: 1/4096 of itself");
  v("seed", c.run.seed, "Every draw follows from it and the step");

  v("min_timestep", c.min_timestep, "Least noise trained at, 0 to 999");
  v("max_timestep", c.max_timestep, "Most noise trained at, up to 1000");
  v("noise_offset", c.noise.offset, "Brightness of the noise varies by this: pictures may become dark or bright. 0.05");
  v("noise_offset_random_strength", c.noise.offset_random_strength, "From 0 to noise_offset instead");
  v("adaptive_noise_scale", c.noise.adaptive_scale, "noise_offset grows by this times the latent's mean");
  v("multires_noise_iterations", c.noise.multires_iterations, "Noise of ever coarser grids is added: 6 to 10; 0 = no");
  v("multires_noise_discount", c.noise.multires_discount, "Each coarser one is so much weaker");
  v("ip_noise_gamma", c.ip_noise_gamma, "The picture is noised a little more than the model is told. 0.1");
  v("ip_noise_gamma_random_strength", c.ip_noise_gamma_random_strength, "From 0 to ip_noise_gamma instead");
  v("loss_type", c.loss.type, "l2, l1, huber, smooth_l1");
  v("huber_schedule", c.loss.huber_schedule, "How huber's threshold depends on the noise: snr, exponential, constant");
  v("huber_c", c.loss.huber_c, "The threshold");
  v("huber_scale", c.loss.huber_scale, "A factor on it");
  v("min_snr_gamma", c.loss.min_snr_gamma, "Timesteps with little noise count less: 5; 0 = all alike");
  v("scale_v_pred_loss_like_noise_pred", c.loss.scale_v_pred_loss_like_noise_pred, "Of v models: weights as of eps");
  v("v_pred_like_loss", c.loss.v_pred_like_loss, "Of eps models: so much of what a v model learns");
  v("debiased_estimation_loss", c.loss.debiased_estimation_loss, "Weights 1 / sqrt(snr) (arXiv 2310.08442)");

  v("output_dir", c.run.output_dir, "Folder of everything the run leaves");
  v("output_name", c.output_name, "Name of the finished file");
  v("save_precision", c.save_precision, "float, fp16, bf16");
  v("save_every_n_epochs", c.save_every_n_epochs, "A file each so many epochs; 0 = at the end only");
  v("save_n_epoch_ratio", c.save_n_epoch_ratio,
    "Instead of save_every_n_epochs: so many files over the run, as evenly as whole epochs allow");
  v("save_every_n_steps", c.save_every_n_steps, "A file each so many steps");
  v("save_last_n_epochs", c.save_last_n_epochs, "Of these only the last files are kept; 0 = all");
  v("save_last_n_steps", c.save_last_n_steps, "Files of the last so many steps are kept; 0 = all");
  v("save_state_every_n_steps", c.run.save_every_n_steps, "How often what is needed to go on is saved");
  v("save_last_n_steps_state", c.save_last_n_steps_state,
    "States of the last so many steps are kept; 0 = the newest and the one before it, which always are");
  v("save_last_n_epochs_state", c.save_last_n_epochs_state, "The same, of the last so many epochs");
  v("resume", c.resume,
    "A state to go on from, or a folder with states of this run; none = what is in output_dir. A state elsewhere "
    "counts "
    "only while output_dir has none of a later step");
  v("log_every_n_steps", c.run.log_every_n_steps, "Between rows of log.csv");
  v("logging_dir", c.logging_dir, "Folder for TensorBoard; none = output_dir/logs");
  v("log_prefix", c.log_prefix, "Put before the name of the run's folder in it");
  v("training_comment", c.training_comment, "A word of yours, kept in the file");
  v("metadata_title", c.model_spec.title,
    "What the file says it is called, to programs that list it; output_name unless said");
  v("metadata_author", c.model_spec.author, "Who made it");
  v("metadata_description", c.model_spec.description, "What it is");
  v("metadata_license", c.model_spec.license, "What others may do with it");
  v("metadata_tags", c.model_spec.tags, "Words to find it by, with commas between");
  v("metadata_usage_hint", c.model_spec.usage_hint, "How it is used");
  v("metadata_trigger_phrase", c.model_spec.trigger_phrase, "What a prompt must say for it to act");
  v("no_metadata", c.no_metadata, "The file says nothing of how it was made, but what is needed to use it");
  v("sample_prompts", c.sample_prompts,
    "File of prompts to make pictures of while training: text, one a line, or .toml or .json with kohya's keys");
  v("sample_every_n_steps", c.sample_every_n_steps, "How often");
  v("sample_every_n_epochs", c.sample_every_n_epochs, "How often, and at the end of each such epoch");
  v("sample_at_first", c.sample_at_first, "Before the first step too");
  v("sample_sampler", c.sample_sampler, "Of these pictures; what the model recommends unless said");
}

}  // namespace darkroom::train
