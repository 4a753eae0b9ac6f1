#include "train/lora_metadata.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <set>

#include "train/dataset_metadata.h"
#include "train/lora_options.h"
#include "train/lora_ranks.h"

namespace darkroom::train {
namespace {

using Json = nlohmann::ordered_json;
using checkpoint::Family;
using checkpoint::Prediction;

// As Python's str() prints them.
std::string printed(bool value) {
  return value ? "True" : "False";
}
std::string printed(double value) {
  const std::string text = fmt::format("{}", value);
  return text.find_first_of(".en") == text.npos ? text + ".0" : text;
}
std::string printed(int64_t value) {
  return std::to_string(value);
}
std::string printed(int value) {
  return std::to_string(value);
}
std::string printed(uint64_t value) {
  return std::to_string(value);
}
std::string printed(const std::string& value) {
  return value.empty() ? "None" : value;
}
std::string printed(const std::filesystem::path& value) {
  return printed(value.filename().string());
}
template <typename T>
std::string printed(const std::optional<T>& value) {
  return value ? printed(*value) : "None";
}
std::string printed(const std::vector<std::string>& value) {
  return Json(value).dump();
}
std::string printed(const std::vector<std::filesystem::path>& value) {
  std::vector<std::string> names;
  for (const auto& path : value) names.push_back(path.filename().string());
  return printed(names);
}
/// Where it is one number, kohya's trainer has it as one.
std::string printed(const std::vector<double>& value) {
  if (value.empty()) return "None";
  if (std::all_of(value.begin(), value.end(), [&](double one) { return one == value.front(); }))
    return printed(value.front());
  std::string text;
  for (const double one : value) text += (text.empty() ? "[" : ", ") + printed(one);
  return text + "]";
}

/// Options that are metadata under their own names.
const std::set<std::string>& recorded_options() {
  static const std::set<std::string> kNames = {"output_name",
                                               "learning_rate",
                                               "text_encoder_lr",
                                               "unet_lr",
                                               "gradient_accumulation_steps",
                                               "lr_warmup_steps",
                                               "lr_scheduler",
                                               "network_module",
                                               "network_dim",
                                               "network_alpha",
                                               "network_dropout",
                                               "mixed_precision",
                                               "clip_skip",
                                               "max_token_length",
                                               "seed",
                                               "noise_offset",
                                               "multires_noise_iterations",
                                               "multires_noise_discount",
                                               "adaptive_noise_scale",
                                               "zero_terminal_snr",
                                               "training_comment",
                                               "max_grad_norm",
                                               "caption_dropout_rate",
                                               "caption_dropout_every_n_epochs",
                                               "caption_tag_dropout_rate",
                                               "prior_loss_weight",
                                               "min_snr_gamma",
                                               "scale_weight_norms",
                                               "train_text_encoder",
                                               "ip_noise_gamma",
                                               "noise_offset_random_strength",
                                               "ip_noise_gamma_random_strength",
                                               "loss_type",
                                               "huber_schedule",
                                               "huber_scale",
                                               "huber_c",
                                               "validation_seed",
                                               "validation_split",
                                               "validate_every_n_steps",
                                               "color_aug",
                                               "flip_aug",
                                               "random_crop",
                                               "shuffle_caption",
                                               "keep_tokens",
                                               "enable_bucket",
                                               "bucket_no_upscale",
                                               "min_bucket_reso",
                                               "max_bucket_reso"};
  return kNames;
}

/// Options that each dataset says for itself where there is a dataset_config.
const std::set<std::string>& options_of_datasets() {
  static const std::set<std::string> kNames = {"color_aug",       "flip_aug",        "random_crop",
                                               "shuffle_caption", "enable_bucket",   "bucket_no_upscale",
                                               "min_bucket_reso", "max_bucket_reso", "keep_tokens"};
  return kNames;
}

struct Recorder {
  std::map<std::string, std::string>& metadata;
  bool has_network = true, has_datasets = false;
  template <typename T>
  void operator()(const char* name, const T& value, const char*) {
    if (!has_network && std::string_view(name).starts_with("network_")) return;
    if (has_datasets && options_of_datasets().contains(name)) return;
    if (recorded_options().contains(name)) metadata[std::string("ss_") + name] = printed(value);
  }
};

struct ModelNames {
  const char* kohya;
  const char* modelspec;
};
ModelNames names_of(const checkpoint::ModelDescription& model) {
  const bool is_v = model.prediction == Prediction::v;
  if (model.family == Family::sdxl) return {"sdxl_base_v1-0", "stable-diffusion-xl-v1-base"};
  if (model.family == Family::sd2)
    return is_v ? ModelNames{"sd_v2_v", "stable-diffusion-v2-768-v"} : ModelNames{"sd_v2", "stable-diffusion-v2-512"};
  return {"sd_v1", "stable-diffusion-v1"};
}

std::string optimizer_text(const RunConfig& run) {
  std::string arguments;
  for (const std::string& argument : run.optimizer_args) arguments += (arguments.empty() ? "" : ",") + argument;
  return run.optimizer + (arguments.empty() ? "" : "(" + arguments + ")");
}

/// By these other programs tell a LoRA from other files, so a checkpoint must not have them.
void add_network(std::map<std::string, std::string>& metadata, const LoraTraining& o) {
  metadata["ss_network_module"] = o.network_module;
  // Parity: what kohya's tools write where modules differ.
  metadata["ss_network_dim"] = one_dim(o.network) ? printed(*one_dim(o.network)) : "Dynamic";
  metadata["ss_network_alpha"] = one_alpha(o.network) ? printed(*one_alpha(o.network)) : "Dynamic";
  Json arguments = Json::object();
  for (const std::string& argument : o.network_args) {
    const size_t equals = argument.find('=');
    arguments[argument.substr(0, equals)] = argument.substr(std::min(equals + 1, argument.size()));
  }
  metadata["ss_network_args"] = arguments.dump();
}

/// What is needed to use the file; all of it with no_metadata.
void add_needed(std::map<std::string, std::string>& metadata, const LoraTraining& o, const TrainingSet& set,
                const checkpoint::ModelDescription& model) {
  const auto [kohya, modelspec] = names_of(model);
  metadata["ss_v2"] = printed(model.family == Family::sd2);
  metadata["ss_base_model_version"] = kohya;
  if (!o.trains_the_model()) add_network(metadata, o);
  metadata["modelspec.sai_model_spec"] = "1.0.0";
  metadata["modelspec.architecture"] = fmt::format("{}{}", modelspec, o.trains_the_model() ? "" : "/lora");
  metadata["modelspec.implementation"] = "https://github.com/Stability-AI/generative-models";
  metadata["modelspec.title"] = o.output_name;
  const ModelSpec& said = o.model_spec;
  for (const auto& [name, text] : {std::pair{"title", &said.title},
                                   {"author", &said.author},
                                   {"description", &said.description},
                                   {"license", &said.license},
                                   {"tags", &said.tags},
                                   {"usage_hint", &said.usage_hint},
                                   {"trigger_phrase", &said.trigger_phrase}})
    if (!text->empty()) metadata[std::string("modelspec.") + name] = *text;
  const PixelSize size = largest_resolution(o, set);
  metadata["modelspec.resolution"] = fmt::format("{}x{}", size.width, size.height);
  metadata["modelspec.prediction_type"] = model.prediction == Prediction::v ? "v" : "epsilon";
  if (o.clip_skip > 1 && model.family != Family::sdxl)
    metadata["modelspec.encoder_layer"] = std::to_string(o.clip_skip);
}

}  // namespace

std::map<std::string, std::string> lora_metadata(const LoraTraining& o, const TrainingSet& set,
                                                 const checkpoint::ModelDescription& model,
                                                 const LoraProgress& progress) {
  std::map<std::string, std::string> metadata;
  if (!o.no_metadata) {
    LoraTraining copy = o;
    visit_options(copy, Recorder{metadata, !o.trains_the_model(), !o.dataset_config.empty()});
    add_dataset_metadata(metadata, o, set);
    const std::map<std::string, std::string> more = {
        {"ss_num_batches_per_epoch", printed(set.batches_per_epoch())},
        {"ss_num_epochs", printed(progress.epochs)},
        {"ss_epoch", printed(progress.epoch)},
        {"ss_steps", printed(progress.steps)},
        {"ss_max_train_steps", printed(progress.max_steps)},
        {"ss_optimizer", optimizer_text(o.run)},
        {"ss_debiased_estimation", printed(o.loss.debiased_estimation_loss)},
        {"ss_gradient_checkpointing", printed(o.gradient_checkpointing)},
        {"ss_full_fp16", printed(o.full_fp16)},
        {"ss_cache_latents", printed(!o.color_aug && !o.random_crop)},
        {"ss_sd_model_name", o.pretrained_model_name_or_path.filename().string()},
    };
    metadata.insert(more.begin(), more.end());
    if (!progress.model_hash.empty()) {
      metadata["ss_new_sd_model_hash"] = progress.model_hash;
      metadata["ss_sd_model_hash"] = progress.old_model_hash;
    }
  }
  add_needed(metadata, o, set, model);
  return metadata;
}

}  // namespace darkroom::train
