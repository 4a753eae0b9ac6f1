#include "train/lora_effects.h"

#include <fmt/format.h>

#include <cmath>
#include <map>

#include "diffusion/noise_schedule.h"
#include "train/optimizers.h"

namespace darkroom::train {
namespace {

using Effect = std::string (*)(const LoraTraining&);

std::string nothing(bool acts, const char* why) {
  return acts ? "" : fmt::format("no effect: {}", why);
}

bool orders_tags(const LoraTraining& o) {
  return o.captions.shuffle || o.captions.warmup_steps > 0 || o.captions.tag_dropout_rate > 0;
}
bool uses_huber(const LoraTraining& o) {
  return o.loss.type == "huber" || o.loss.type == "smooth_l1";
}

/// Signal-to-noise ratio of Stable Diffusion's schedule at t.
double snr_at(int t) {
  static const diffusion::NoiseSchedule schedule;
  const double sigma = schedule.sigmas()[size_t(t)];
  return 1 / (sigma * sigma);
}

std::string min_snr(const LoraTraining& o) {
  const double gamma = o.loss.min_snr_gamma;
  if (gamma == 0) return "no effect: 0 weights all timesteps alike";
  const auto weight = [&](int t) { return std::min(snr_at(t), gamma) / (snr_at(t) + (o.v_parameterization ? 1 : 0)); };
  return fmt::format("weight min(snr, {:g}) / {} = {:.3f} at t 10, {:.3f} at 100, {:.3f} at 500", gamma,
                     o.v_parameterization ? "(snr + 1)" : "snr", weight(10), weight(100), weight(500));
}

std::string dim(const LoraTraining& o) {
  return nothing(!o.trains_the_model(), "there is no network");
}

std::string alpha(const LoraTraining& o) {
  if (o.trains_the_model()) return dim(o);
  const double a = o.network.alpha > 0 ? o.network.alpha : double(o.network.dim);
  return fmt::format("the change counts alpha / dim = {:g} / {} = {:g}; the same file as alpha {} at weight {:g}", a,
                     o.network.dim, a / double(o.network.dim), o.network.dim, a / double(o.network.dim));
}

std::string warmup(const LoraTraining& o) {
  if (o.lr_warmup_steps == 0) return "";
  const double steps = o.lr_warmup_steps < 1 ? o.lr_warmup_steps * double(o.run.steps) : o.lr_warmup_steps;
  return fmt::format("{:.0f} steps; the first has the rate 0 and changes nothing", steps);
}

std::string learning_rate(const LoraTraining& o) {
  if (finds_step_size(o.run.optimizer)) return fmt::format("a factor on the step size {} finds", o.run.optimizer);
  if (o.unet_lr && o.text_encoder_lr) return "no effect: unet_lr and text_encoder_lr are said";
  return o.trains_the_model() ? "of a model's own weights; 1e-6 to 1e-5 is usual" : "";
}

std::string unet_rate(const LoraTraining& o) {
  return o.network.unet ? "" : "no effect: the UNet is not trained";
}
std::string text_rate(const LoraTraining& o) {
  return o.network.text_encoder ? "" : "no effect: the text encoders are not trained";
}

const std::map<std::string, Effect>& effects() {
  static const std::map<std::string, Effect> kEffects = {
      {"network_dim", dim},
      {"network_alpha", alpha},
      {"min_snr_gamma", min_snr},
      {"lr_warmup_steps", warmup},
      {"learning_rate", learning_rate},
      {"unet_lr", unet_rate},
      {"text_encoder_lr", text_rate},
      {"keep_tokens", [](auto& o) { return nothing(orders_tags(o), "tags stay in order"); }},
      {"keep_tokens_separator", [](auto& o) { return nothing(orders_tags(o), "tags stay in order"); }},
      {"token_warmup_min",
       [](auto& o) { return nothing(o.captions.warmup_steps > 0, "there is no token_warmup_step"); }},
      {"min_bucket_reso",
       [](auto& o) {
         return nothing(o.enable_bucket && !o.buckets.no_upscale, "pictures are not sorted into such buckets");
       }},
      {"max_bucket_reso",
       [](auto& o) {
         return nothing(o.enable_bucket && !o.buckets.no_upscale, "pictures are not sorted into such buckets");
       }},
      {"bucket_reso_steps", [](auto& o) { return nothing(o.enable_bucket, "enable_bucket is false"); }},
      {"bucket_no_upscale", [](auto& o) { return nothing(o.enable_bucket, "enable_bucket is false"); }},
      {"prior_loss_weight", [](auto& o) { return nothing(!o.reg_data_dir.empty(), "there is no reg_data_dir"); }},
      {"validation_seed", [](auto& o) { return nothing(o.validation_split > 0, "validation_split is 0"); }},
      {"validate_every_n_steps", [](auto& o) { return nothing(o.validation_split > 0, "validation_split is 0"); }},
      {"noise_offset_random_strength", [](auto& o) { return nothing(o.noise.offset > 0, "noise_offset is 0"); }},
      {"multires_noise_discount",
       [](auto& o) { return nothing(o.noise.multires_iterations > 0, "multires_noise_iterations is 0"); }},
      {"ip_noise_gamma_random_strength", [](auto& o) { return nothing(o.ip_noise_gamma > 0, "ip_noise_gamma is 0"); }},
      {"huber_schedule", [](auto& o) { return nothing(uses_huber(o), "loss_type is not huber or smooth_l1"); }},
      {"huber_c", [](auto& o) { return nothing(uses_huber(o), "loss_type is not huber or smooth_l1"); }},
      {"huber_scale",
       [](auto& o) {
         return nothing(uses_huber(o) && o.loss.huber_schedule != "snr",
                        "it acts on huber with huber_schedule exponential or constant");
       }},
      {"lr_scheduler_num_cycles",
       [](auto& o) {
         return nothing(o.lr_scheduler == "cosine_with_restarts" || o.lr_scheduler == "cosine_with_min_lr" ||
                            o.lr_scheduler == "warmup_stable_decay",
                        "the schedule has no cycles");
       }},
      {"lr_scheduler_power",
       [](auto& o) { return nothing(o.lr_scheduler == "polynomial", "the schedule is not polynomial"); }},
      {"lr_scheduler_min_lr_ratio",
       [](auto& o) {
         return nothing(o.lr_scheduler == "cosine_with_min_lr" || o.lr_scheduler == "warmup_stable_decay",
                        "the schedule has no such end");
       }},
      {"lr_decay_steps",
       [](auto& o) {
         return nothing(o.lr_scheduler == "warmup_stable_decay", "the schedule is not warmup_stable_decay");
       }},
      {"max_train_steps", [](auto& o) { return nothing(o.max_train_epochs == 0, "max_train_epochs decides"); }},
      {"save_last_n_steps", [](auto& o) { return nothing(o.save_every_n_steps > 0, "save_every_n_steps is 0"); }},
      {"save_last_n_epochs", [](auto& o) { return nothing(o.save_every_n_epochs > 0, "save_every_n_epochs is 0"); }},
      {"sample_every_n_steps",
       [](auto& o) { return nothing(o.sample_every_n_epochs == 0, "sample_every_n_epochs decides"); }},
  };
  return kEffects;
}

}  // namespace

std::string effect_of(const std::string& name, const LoraTraining& options) {
  const auto found = effects().find(name);
  return found == effects().end() ? "" : found->second(options);
}

}  // namespace darkroom::train
