#include "train/kohya_options.h"

namespace darkroom::train {
namespace {

using enum KohyaVerdict;

constexpr KohyaOption kOptions[] = {
    {"async_upload", needless, "nothing is uploaded"},
    {"blocks_to_swap", refused, "SD models have no blocks to swap"},
    {"cache_info", needless, "every picture is read when the run starts"},
    {"cache_latents", needless, "latents are made once and kept in memory, but with color_aug or random_crop"},
    {"cache_latents_to_disk", needless, "latents are kept in memory; latent_cache_dir keeps them on disk too"},
    {"cache_text_encoder_outputs", needless,
     "what the text encoders say is kept for every caption they have read, unless they are trained"},
    {"cache_text_encoder_outputs_to_disk", needless,
     "what the text encoders say is kept in memory for every caption they have read"},
    {"caption_extention", renamed, "caption_extension, as it was misspelt once", "caption_extension"},
    {"conditioning_data_dir", refused, "ControlNet is not trained"},
    {"config_file", needless, "the file itself is the argument"},
    {"cpu_offload_checkpointing", needless, "all computing is in main memory"},
    {"dataset_class", refused, "classes of Python are not loaded"},
    {"ddp_gradient_as_bucket_view", needless, "there is one process"},
    {"ddp_static_graph", needless, "there is one process"},
    {"ddp_timeout", needless, "there is one process"},
    {"debug_dataset", refused, "say --dry-run"},
    {"diffusers_xformers", needless, "attention is our own"},
    {"disable_mmap_load_safetensors", needless, "files are mapped"},
    {"dynamo_backend", needless, "nothing is compiled at run time"},
    {"face_crop_aug_range", refused, "faces named in files are not cropped to"},
    {"fp8_base", refused, "there is no fp8"},
    {"fp8_base_unet", refused, "there is no fp8"},
    {"fused_backward_pass", needless,
     "the optimizer runs after the whole backward pass: gradients are clipped together"},
    {"highvram", needless, "memory is not divided into kinds"},
    {"huggingface_path_in_repo", refused, "nothing is uploaded"},
    {"huggingface_repo_id", refused, "nothing is uploaded"},
    {"huggingface_repo_type", refused, "nothing is uploaded"},
    {"huggingface_repo_visibility", refused, "nothing is uploaded"},
    {"huggingface_token", refused, "nothing is uploaded"},
    {"initial_epoch", refused, "a run goes on exactly where it was"},
    {"initial_step", refused, "a run goes on exactly where it was"},
    {"log_config", needless, "options.toml in output_dir records every option"},
    {"log_tracker_config", needless, "there are no trackers"},
    {"log_tracker_name", needless, "there are no trackers"},
    {"log_with", needless, "TensorBoard and log.csv are always written"},
    {"logit_mean", refused, "it belongs to other kinds of models"},
    {"logit_std", refused, "it belongs to other kinds of models"},
    {"lowram", needless, "memory is not divided into kinds"},
    {"lr_scheduler_type", refused, "classes of Python are not loaded"},
    {"max_data_loader_n_workers", needless, "pictures are read once"},
    {"mem_eff_attn", needless, "attention never holds the whole matrix where it need not"},
    {"mode_scale", refused, "it belongs to other kinds of models"},
    {"no_half_vae", needless, "the VAE computes in fp32"},
    {"no_token_padding", refused, "captions are padded to 75 tokens, as prompts are"},
    {"output_config", refused, "options.toml in output_dir records every option"},
    {"persistent_data_loader_workers", needless, "pictures are read once"},
    {"resize_interpolation", refused, "pictures shrink by area and grow by Lanczos"},
    {"resume_from_huggingface", refused, "nothing is downloaded"},
    {"save_model_as", needless, "files are safetensors"},
    {"save_state", needless, "the state is always saved, save_state_every_n_steps says how often"},
    {"save_state_on_train_end", needless, "the state is always saved"},
    {"save_state_to_huggingface", refused, "nothing is uploaded"},
    {"sdpa", needless, "attention is our own"},
    {"skip_cache_check", needless, "nothing cached outlives a run"},
    {"skip_until_initial_step", needless, "a run goes on exactly where it was"},
    {"stop_text_encoder_training", refused,
     "text encoders are trained all the time or not at all; train on with text_encoder_lr = 0 and network_weights"},
    {"text_encoder_batch_size", needless, "captions are read as they come"},
    {"tokenizer_cache_dir", needless, "the vocabulary is part of the program"},
    {"torch_compile", needless, "nothing is compiled at run time"},
    {"use_8bit_adam", renamed, "optimizer_type = \"AdamW8bit\"", "optimizer_type", "AdamW8bit"},
    {"use_lion_optimizer", renamed, "optimizer_type = \"Lion\"", "optimizer_type", "Lion"},
    {"use_safetensors", needless, "files are safetensors"},
    {"v2", needless, "what a model is, is seen in its file"},
    {"vae_batch_size", needless, "pictures are encoded one by one"},
    {"wandb_api_key", needless, "nothing is uploaded"},
    {"wandb_run_name", needless, "nothing is uploaded"},
    {"weighting_scheme", refused, "it belongs to other kinds of models"},
    {"xformers", needless, "attention is our own"},
};

}  // namespace

std::span<const KohyaOption> kohya_options() {
  return kOptions;
}

}  // namespace darkroom::train
