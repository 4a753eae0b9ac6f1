#include "train/lora_remedies.h"

#include <algorithm>

namespace darkroom::train {
namespace {

bool says(const std::string& problem, const char* words) {
  return problem.find(words) != std::string::npos;
}

/// The arguments with one more.
std::vector<std::string> with_argument(const ToldOptions& told, const std::string& name, const std::string& more) {
  const auto found = told.find(name);
  std::vector<std::string> arguments = found == told.end() ? std::vector<std::string>{} : found->second;
  arguments.push_back(more);
  return arguments;
}

/// The arguments without those that begin with one of `starts`.
std::vector<std::string> without_arguments(const ToldOptions& told, const std::string& name,
                                           std::initializer_list<const char*> starts) {
  const auto found = told.find(name);
  std::vector<std::string> arguments;
  if (found == told.end()) return arguments;
  for (const std::string& one : found->second)
    if (std::none_of(starts.begin(), starts.end(), [&](const char* start) { return one.starts_with(start); }))
      arguments.push_back(one);
  return arguments;
}

using Changes = std::map<std::string, std::vector<std::string>>;

/// With the rates of text encoders back to their defaults, under all their names.
Changes without_text_rates(Changes changes = {}) {
  for (const char* name : {"text_encoder_lr", "learning_rate_te", "learning_rate_te1", "learning_rate_te2"})
    changes[name] = {};
  return changes;
}

}  // namespace

std::vector<Remedy> remedies_for(const std::string& problem, const ToldOptions& told) {
  if (says(problem, "add safeguard_warmup=True"))
    return {{"lr_scheduler",
             "Add safeguard_warmup",
             {{"optimizer_args", with_argument(told, "optimizer_args", "safeguard_warmup=True")}}},
            {"lr_scheduler", "Use cosine", {{"lr_scheduler", {"cosine"}}}},
            {"lr_scheduler", "Use constant", {{"lr_scheduler", {"constant"}}, {"lr_warmup_steps", {}}}}};
  if (says(problem, "\"constant\" has no warm-up"))
    return {{"lr_warmup_steps", "Use constant with warm-up", {{"lr_scheduler", {"constant_with_warmup"}}}},
            {"lr_warmup_steps", "Remove the warm-up", {{"lr_warmup_steps", {}}}}};
  if (says(problem, "must be equal, usually 1"))
    return {{"unet_lr", "Set all to 1", without_text_rates({{"learning_rate", {"1"}}, {"unet_lr", {}}})}};
  if (says(problem, "are of full fine-tuning (network_module"))
    return {{"text_encoder_lr",
             "Leave them out",
             {{"learning_rate_te", {}}, {"learning_rate_te1", {}}, {"learning_rate_te2", {}}}}};
  if (says(problem, "text_encoder_lr says the rates of the text encoders, and so do"))
    return {{"text_encoder_lr", "Leave text_encoder_lr out", {{"text_encoder_lr", {}}}}};
  if (says(problem, "learning_rate_te is of all text encoders"))
    return {{"learning_rate_te", "One rate for all", {{"learning_rate_te1", {}}, {"learning_rate_te2", {}}}},
            {"learning_rate_te", "One rate for each", {{"learning_rate_te", {}}}}};
  if (says(problem, "so loraplus_lr_ratio cannot be"))
    return {{"network_args",
             "Leave out loraplus",
             {{"network_args", without_arguments(told, "network_args", {"loraplus_"})}}}};
  if (says(problem, "blocks cannot have rates of their own"))
    return {{"network_args",
             "One rate for all blocks",
             {{"network_args",
               without_arguments(told, "network_args", {"down_lr_weight", "mid_lr_weight", "up_lr_weight"})}}}};
  for (const char* precision : {"bf16", "fp16"}) {
    const std::string full = std::string("full_") + precision;
    if (says(problem, (full + " is with mixed_precision").c_str()))
      return {{full, std::string("Use mixed precision ") + precision, {{"mixed_precision", {precision}}}},
              {full, "Keep weights in fp32", {{full, {}}}}};
  }
  if (says(problem, "train_text_encoder is for network_module"))
    return {{"train_text_encoder", "Leave it out: a network trains them anyway", {{"train_text_encoder", {}}}}};
  if (says(problem, "text encoders are trained only where train_text_encoder says so"))
    return {{"text_encoder_lr", "Train the text encoders", {{"train_text_encoder", {"true"}}}},
            {"text_encoder_lr", "Leave them as they are", without_text_rates()}};
  if (says(problem, "trains the model's own weights, and "))
    return {{"network_module", "Train a LoRA instead", {{"network_module", {}}, {"train_text_encoder", {}}}},
            {"network_module",
             "Leave out what is of networks",
             {{"network_dim", {}},
              {"network_alpha", {}},
              {"network_args", {}},
              {"network_dropout", {}},
              {"network_weights", {}},
              {"network_train_unet_only", {}},
              {"network_train_text_encoder_only", {}},
              {"scale_weight_norms", {}}}}};
  if (says(problem, "leave nothing to train; say one of them"))
    return {{"network_train_unet_only", "Train the UNet only", {{"network_train_text_encoder_only", {}}}},
            {"network_train_unet_only", "Train the text encoder only", {{"network_train_unet_only", {}}}}};
  if (says(problem, "training_comment is not kept"))
    return {{"no_metadata", "Keep metadata", {{"no_metadata", {}}}},
            {"no_metadata", "Leave out the comment", {{"training_comment", {}}}}};
  if (says(problem, "nothing would be trained: the learning rates"))
    return {{"unet_lr", "Train at learning_rate", without_text_rates({{"unet_lr", {}}})}};
  if (says(problem, "network_dropout acts between"))
    return {{"network_dropout", "Leave it out", {{"network_dropout", {}}}}};
  if (says(problem, "loraplus_lr_ratio is for plain LoRA"))
    return {{"network_args",
             "Leave out loraplus",
             {{"network_args", without_arguments(told, "network_args", {"loraplus_"})}}}};
  if (says(problem, "sample_prompts are given, but not when"))
    return {{"sample_prompts", "After each epoch", {{"sample_every_n_epochs", {"1"}}}},
            {"sample_prompts", "Leave them out", {{"sample_prompts", {}}}}};
  if (says(problem, "Adafactor takes steps of its own size"))
    return {
        {"optimizer_args",
         "Have rates count",
         {{"optimizer_args", with_argument(told, "optimizer_args", "relative_step=False")}}},
        {"unet_lr", "One step size for all",
         without_text_rates(
             {{"unet_lr", {}},
              {"block_lr", {}},
              {"network_args", without_arguments(told, "network_args",
                                                 {"loraplus_", "down_lr_weight", "mid_lr_weight", "up_lr_weight"})}})}};
  if (says(problem, "lr_scheduler \"adafactor\" is the size"))
    return {{"lr_scheduler", "Use constant", {{"lr_scheduler", {}}, {"lr_warmup_steps", {}}}},
            {"lr_scheduler", "Use cosine", {{"lr_scheduler", {"cosine"}}}}};
  if (says(problem, "is longer than the run of"))
    return {{"lr_warmup_steps", "A tenth of the run", {{"lr_warmup_steps", {"0.1"}}}}};
  if (says(problem, "piecewise_constant needs lr_scheduler_args"))
    return {{"lr_scheduler", "Use constant", {{"lr_scheduler", {}}, {"lr_warmup_steps", {}}}},
            {"lr_scheduler", "Use cosine", {{"lr_scheduler", {"cosine"}}}}};
  return {};
}

}  // namespace darkroom::train
