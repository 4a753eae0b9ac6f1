#include "server/training/option_words.h"

#include <algorithm>
#include <set>

#include "train/config.h"
#include "train/lr_schedule.h"

namespace darkroom::server {
namespace {

using nlohmann::ordered_json;

constexpr const char* kModel = "Model";
constexpr const char* kNetwork = "Network";
constexpr const char* kRate = "Learning rate";
constexpr const char* kSteps = "Steps and batch";
constexpr const char* kPictures = "Pictures, captions";
constexpr const char* kLoss = "Noise and loss";
constexpr const char* kPrecision = "Precision, memory";
constexpr const char* kSaving = "Saving, samples";
constexpr const char* kValidation = "Validation";
constexpr const char* kElse = "Everything else";

bool is_place(const std::string& name) {
  static const std::set<std::string> kPlaces = {"train_data_dir", "reg_data_dir", "dataset_config",
                                                "output_dir",     "logging_dir",  "latent_cache_dir",
                                                "sample_prompts", "resume",       "conditioning_data_dir"};
  return kPlaces.contains(name);
}

/// "noise_offset" -> "Noise offset".
std::string plain_name(std::string name) {
  std::replace(name.begin(), name.end(), '_', ' ');
  name.front() = char(std::toupper(static_cast<unsigned char>(name.front())));
  return name;
}

ordered_json option_json(const train::OptionRow& row) {
  const auto& all = option_words();
  const auto words = std::find_if(all.begin(), all.end(), [&](const OptionWords& one) { return row.name == one.name; });
  const bool is_known = words != all.end();
  return {{"name", row.name},
          {"label", is_known ? words->label : plain_name(row.name)},
          {"section", is_known ? words->section : kElse},
          {"order", words - all.begin()},
          {"words", row.words},
          {"type", row.type},
          {"default", row.standard},
          {"choices", is_known ? words->choices : std::vector<std::string>{}}};
}

}  // namespace

const std::vector<std::pair<const char*, const char*>>& option_sections() {
  static const std::vector<std::pair<const char*, const char*>> kSections = {
      {kModel, "what is trained upon"},
      {kNetwork, "what is learned, and how large it is"},
      {kRate, "how fast, and how that changes over the run"},
      {kSteps, "how long, and how much at once"},
      {kPictures, "how pictures and captions are used"},
      {kLoss, "what counts as wrong"},
      {kPrecision, "how exactly, and in how much memory"},
      {kSaving, "what is kept, and seen on the way"},
      {kValidation, "what is never trained, only measured"},
      {kElse, "all the rest"}};
  return kSections;
}

const std::vector<OptionWords>& option_words() {
  static const std::vector<OptionWords> kWords = {
      {"pretrained_model_name_or_path", "Base model", kModel, {}},
      {"vae", "VAE", kModel, {}},
      {"base_weights", "On top of LoRAs", kModel, {}},
      {"base_weights_multiplier", "Their weights", kModel, {}},
      {"clip_skip", "CLIP skip", kModel, {}},
      {"v_parameterization", "v-prediction", kModel, {}},
      {"zero_terminal_snr", "Zero terminal SNR", kModel, {}},

      {"network_module", "Kind", kNetwork, {"networks.lora", "lycoris.kohya", "none"}},
      {"network_dim", "Rank", kNetwork, {}},
      {"network_alpha", "Alpha", kNetwork, {}},
      {"network_args", "Network arguments", kNetwork, {}},
      {"network_dropout", "Dropout", kNetwork, {}},
      {"network_weights", "Start from a LoRA", kNetwork, {}},
      {"dim_from_weights", "Ranks of that LoRA", kNetwork, {}},
      {"network_train_unet_only", "Train the UNet only", kNetwork, {}},
      {"network_train_text_encoder_only", "Train the text encoder only", kNetwork, {}},
      {"scale_weight_norms", "Limit of norms", kNetwork, {}},
      {"train_text_encoder", "Train the text encoders too", kNetwork, {}},

      {"optimizer_type",
       "Optimiser",
       kRate,
       {"AdamW", "AdamW8bit", "Lion", "SGDNesterov", "Adafactor", "DAdaptAdam", "Prodigy"}},
      {"optimizer_args", "Optimiser arguments", kRate, {}},
      {"learning_rate", "Learning rate", kRate, {}},
      {"unet_lr", "UNet rate", kRate, {}},
      {"text_encoder_lr", "Text encoder rate", kRate, {}},
      {"learning_rate_te1", "Rate of text encoder 1", kRate, {}},
      {"learning_rate_te2", "Rate of text encoder 2", kRate, {}},
      {"lr_scheduler", "Schedule", kRate, train::lr_schedule_names()},
      {"lr_warmup_steps", "Warm-up", kRate, {}},
      {"lr_scheduler_num_cycles", "Cycles", kRate, {}},
      {"lr_scheduler_power", "Power", kRate, {}},
      {"lr_scheduler_min_lr_ratio", "Least rate", kRate, {}},
      {"lr_decay_steps", "Decay", kRate, {}},
      {"lr_scheduler_timescale", "Timescale", kRate, {}},
      {"lr_scheduler_args", "Schedule arguments", kRate, {}},
      {"max_grad_norm", "Longest gradient", kRate, {}},

      {"max_train_steps", "Steps", kSteps, {}},
      {"max_train_epochs", "Epochs", kSteps, {}},
      {"train_batch_size", "Batch", kSteps, {}},
      {"gradient_accumulation_steps", "Accumulation", kSteps, {}},
      {"seed", "Seed", kSteps, {}},

      {"resolution", "Resolution", kPictures, {}},
      {"enable_bucket", "Buckets", kPictures, {}},
      {"min_bucket_reso", "Shortest side of a bucket", kPictures, {}},
      {"max_bucket_reso", "Longest side of a bucket", kPictures, {}},
      {"bucket_reso_steps", "Bucket step", kPictures, {}},
      {"bucket_no_upscale", "Enlarge no picture", kPictures, {}},
      {"flip_aug", "Mirror", kPictures, {}},
      {"color_aug", "Vary colours", kPictures, {}},
      {"random_crop", "Cut at random places", kPictures, {}},
      {"shuffle_caption", "Shuffle tags", kPictures, {}},
      {"keep_tokens", "Keep first tags", kPictures, {}},
      {"caption_dropout_rate", "Caption dropout", kPictures, {}},
      {"caption_tag_dropout_rate", "Tag dropout", kPictures, {}},
      {"caption_prefix", "Caption prefix", kPictures, {}},
      {"caption_suffix", "Caption suffix", kPictures, {}},
      {"caption_extension", "Caption ending", kPictures, {}},
      {"max_token_length", "Longest caption", kPictures, {"75", "150", "225"}},
      {"weighted_captions", "Brackets weigh", kPictures, {}},
      {"prior_loss_weight", "Weight of regularisation", kPictures, {}},

      {"min_snr_gamma", "Min-SNR gamma", kLoss, {}},
      {"noise_offset", "Noise offset", kLoss, {}},
      {"loss_type", "Loss", kLoss, {"l2", "l1", "huber", "smooth_l1"}},
      {"huber_schedule", "Huber schedule", kLoss, {"snr", "exponential", "constant"}},
      {"huber_c", "Huber threshold", kLoss, {}},
      {"min_timestep", "Least timestep", kLoss, {}},
      {"max_timestep", "Most timestep", kLoss, {}},
      {"multires_noise_iterations", "Multires noise", kLoss, {}},
      {"ip_noise_gamma", "Input perturbation", kLoss, {}},
      {"debiased_estimation_loss", "Debiased estimation", kLoss, {}},

      {"mixed_precision", "Precision", kPrecision, {"no", "bf16", "fp16"}},
      {"gradient_checkpointing", "Gradient checkpointing", kPrecision, {}},
      {"full_bf16", "Weights in bf16 too", kPrecision, {}},
      {"full_fp16", "Weights in fp16 too", kPrecision, {}},
      {"save_precision", "Precision of the file", kPrecision, {"float", "fp16", "bf16"}},

      {"output_name", "Name of the file", kSaving, {}},
      {"save_every_n_epochs", "A file every n epochs", kSaving, {}},
      {"save_n_epoch_ratio", "Files over the run", kSaving, {}},
      {"save_every_n_steps", "A file every n steps", kSaving, {}},
      {"save_last_n_epochs", "Keep files of last epochs", kSaving, {}},
      {"save_state_every_n_steps", "Save the state every n steps", kSaving, {}},
      {"save_last_n_steps_state", "Keep states of last steps", kSaving, {}},
      {"save_last_n_epochs_state", "Keep states of last epochs", kSaving, {}},
      {"sample_every_n_steps", "Samples every n steps", kSaving, {}},
      {"sample_every_n_epochs", "Samples every n epochs", kSaving, {}},
      {"sample_at_first", "Samples before the first step", kSaving, {}},
      {"sample_sampler", "Sampler of samples", kSaving, {}},
      {"ema_decay", "Moving average", kSaving, {}},
      {"training_comment", "Comment", kSaving, {}},
      {"metadata_title", "Title", kSaving, {}},
      {"metadata_author", "Author", kSaving, {}},
      {"metadata_description", "Description", kSaving, {}},
      {"metadata_license", "Licence", kSaving, {}},
      {"metadata_tags", "Tags of the file", kSaving, {}},
      {"metadata_usage_hint", "Usage hint", kSaving, {}},
      {"metadata_trigger_phrase", "Trigger phrase", kSaving, {}},

      {"validation_split", "Held back", kValidation, {}},
      {"validate_every_n_steps", "Measure every n steps", kValidation, {}},
      {"validate_every_n_epochs", "Measure every n epochs", kValidation, {}},
      {"max_validation_steps", "Batches measured at most", kValidation, {}},
      {"validation_seed", "Seed of the choice", kValidation, {}},
  };
  return kWords;
}

ordered_json training_options_json() {
  ordered_json sections = ordered_json::array(), options = ordered_json::array();
  for (const auto& [name, about] : option_sections()) sections.push_back({{"name", name}, {"about", about}});
  for (const train::OptionRow& row : train::lora_option_rows())
    if (!is_place(row.name)) options.push_back(option_json(row));
  std::stable_sort(options.begin(), options.end(),
                   [](const ordered_json& a, const ordered_json& b) { return a["order"] < b["order"]; });
  return {{"sections", std::move(sections)}, {"options", std::move(options)}};
}

}  // namespace darkroom::server
