// What is trained upon.
#include <fmt/format.h>

#include "diffusion/noise_schedule.h"
#include "train/effects/rows.h"

namespace darkroom::train::effects {
namespace {

std::string file_name(const std::filesystem::path& path) {
  return path.filename().empty() ? path.parent_path().filename().string() : path.filename().string();
}

std::string base_model(const Seen& run) {
  const LoraTraining& o = run.options;
  std::string text = file_name(o.pretrained_model_name_or_path);
  if (const auto& model = run.facts.model) {
    const char* answer = !model->answers_v ? "" : *model->answers_v ? ", answers v" : ", answers eps";
    text += fmt::format(" is {}{}: {} of {} layers", model->family, answer, count(model->text_encoders, "text encoder"),
                        model->text_layers);
  }
  if (run.plan() && run.plan()->model_bytes > 0)
    text += fmt::format("; {} in memory", size(double(run.plan()->model_bytes)));
  return text + (o.trains_the_model() ? "; a trained copy is saved, this file is only read"
                                      : "; the LoRA is for models of this kind, and this file is only read");
}

std::string vae(const Seen& run) {
  const LoraTraining& o = run.options;
  if (o.vae.empty()) return "the model's own makes the latents, each side of a picture an eighth as long";
  const char* kept = o.trains_the_model() ? "it becomes part of the saved checkpoint" : "a LoRA holds nothing of it";
  return fmt::format("latents are made by {} instead of the model's own; {}", file_name(o.vae), kept);
}

std::string base_weights(const Seen& run) {
  const LoraTraining& o = run.options;
  if (o.trains_the_model()) return no_effect("network_module is none, so nothing is merged");
  if (o.base_weights.empty()) return "none: the model is trained upon as it is";
  std::string tags;
  for (size_t i = 0; i < o.base_weights.size(); ++i)
    tags += fmt::format(" <lora:{}:{:g}>", o.base_weights[i].stem().string(), o.base_multiplier(i));
  return fmt::format("the model is trained upon as with{}; use the new LoRA together with that", tags);
}

std::string base_weights_multiplier(const Seen& run) {
  const LoraTraining& o = run.options;
  if (o.base_weights.empty()) return no_effect("there are no base_weights");
  std::string each;
  for (size_t i = 0; i < o.base_weights.size(); ++i)
    each += fmt::format("{}{} counts {:g}", i == 0 ? "" : ", ", file_name(o.base_weights[i]), o.base_multiplier(i));
  return each;
}

std::string clip_skip(const Seen& run) {
  const auto& model = run.facts.model;
  const int64_t skip = run.options.clip_skip;
  if (model && model->is_sdxl) return no_effect("SDXL always reads the layer before the last");
  const std::string use = fmt::format("; make pictures with CLIP skip {} too", skip);
  if (!model) return fmt::format("{} layers at the end of the text encoder are left out{}", skip - 1, use);
  return fmt::format("layer {} of {} is read{}", model->text_layers - skip + 1, model->text_layers, use);
}

std::string v_parameterization(const Seen& run) {
  const auto& model = run.facts.model;
  const bool is_told = run.options.v_parameterization;
  if (model && model->answers_v && *model->answers_v) return "the model answers v by itself: v is what is learned";
  if (model && model->answers_v && is_told) return "refused at the start: this model answers eps";
  if (is_told) return "what is learned is v = sqrt(a) eps - sqrt(1 - a) picture";
  if (model && model->answers_v) return "off: this model answers eps, the noise, and that is what is learned";
  return "off: what is learned is what the model says it answers";
}

std::string zero_terminal_snr(const Seen& run) {
  const auto& model = run.facts.model;
  if (model && model->has_zero_terminal_snr) return no_effect("the model's own schedule ends in pure noise");
  static const diffusion::NoiseSchedule schedule;
  const double sigma = schedule.sigmas().back();
  const std::string before = fmt::format("t 999 shows {} of the picture", percent(1 / std::sqrt(1 + sigma * sigma)));
  if (!run.options.zero_terminal_snr) return "off: " + before + ", so a model never learns to begin from pure noise";
  return before + " without it, and none with it; pictures need the schedule \"Zero Terminal SNR\" too";
}

constexpr Row kRows[] = {{"pretrained_model_name_or_path", base_model},
                         {"vae", vae},
                         {"base_weights", base_weights},
                         {"base_weights_multiplier", base_weights_multiplier},
                         {"clip_skip", clip_skip},
                         {"v_parameterization", v_parameterization},
                         {"zero_terminal_snr", zero_terminal_snr}};

}  // namespace

std::span<const Row> model_rows() {
  return kRows;
}

}  // namespace darkroom::train::effects
