// What counts as wrong, and how much at which timestep. Formulas as in denoising_loss.cpp, for Stable Diffusion's
// schedule.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diffusion/noise_schedule.h"
#include "train/effects/rows.h"

namespace darkroom::train::effects {
namespace {

double sigma_at(int t) {
  static const diffusion::NoiseSchedule schedule;
  return schedule.sigmas()[size_t(t)];
}

/// Signal-to-noise ratio of Stable Diffusion's schedule at t.
double snr_at(int t) {
  return 1 / (sigma_at(t) * sigma_at(t));
}

bool is_v(const Seen& run) {
  const auto& model = run.facts.model;
  return run.options.v_parameterization || (model && model->answers_v && *model->answers_v);
}

bool uses_huber(const LoraTraining& o) {
  return o.loss.type == "huber" || o.loss.type == "smooth_l1";
}

double threshold_at(const DenoisingLoss& loss, int t) {
  if (loss.huber_schedule == "exponential") return std::exp(t * std::log(loss.huber_c) / 1000) * loss.huber_scale;
  if (loss.huber_schedule == "constant") return loss.huber_c * loss.huber_scale;
  const double s = 1 + sigma_at(t);
  return (1 - loss.huber_c) / (s * s) + loss.huber_c;
}

std::string thresholds(const LoraTraining& o) {
  return fmt::format("from square to straight at {:.3g} for t 0, {:.3g} for 500, {:.3g} for 999",
                     threshold_at(o.loss, 0), threshold_at(o.loss, 500), threshold_at(o.loss, 999));
}

std::string loss_type(const Seen& run) {
  const LoraTraining& o = run.options;
  if (o.loss.type == "l1") return "an error of 2 counts twice as much as one of 1: outliers pull less";
  if (uses_huber(o)) return "errors count " + thresholds(o);
  return "an error of 2 counts four times as much as one of 1";
}

std::string huber_schedule(const Seen& run) {
  if (!uses_huber(run.options)) return no_effect("loss_type is not huber or smooth_l1");
  return thresholds(run.options);
}

std::string huber_c(const Seen& run) {
  const LoraTraining& o = run.options;
  if (!uses_huber(o)) return no_effect("loss_type is not huber or smooth_l1");
  return fmt::format("the threshold {} {:.3g}", o.loss.huber_schedule == "constant" ? "is" : "of the last timestep is",
                     threshold_at(o.loss, 999));
}

std::string huber_scale(const Seen& run) {
  const LoraTraining& o = run.options;
  if (!uses_huber(o) || o.loss.huber_schedule == "snr")
    return no_effect("it acts on huber with huber_schedule exponential or constant");
  return fmt::format("a threshold of {:.3g} without it is {:.3g} at t 500",
                     threshold_at(o.loss, 500) / o.loss.huber_scale, threshold_at(o.loss, 500));
}

std::string min_snr(const Seen& run) {
  const double gamma = run.options.loss.min_snr_gamma;
  if (gamma == 0) return "off: all timesteps weigh alike";
  const double more = is_v(run) ? 1 : 0;
  const auto weight = [&](int t) { return std::min(snr_at(t), gamma) / (snr_at(t) + more); };
  return fmt::format("weight min(snr, {:g}) / {} = {:.3f} at t 10, {:.3f} at 100, {:.3f} at 500", gamma,
                     is_v(run) ? "(snr + 1)" : "snr", weight(10), weight(100), weight(500));
}

std::string scale_v_pred(const Seen& run) {
  const auto weight = [](int t) { return snr_at(t) / (snr_at(t) + 1); };
  const bool is_eps = run.facts.model && run.facts.model->answers_v && !*run.facts.model->answers_v;
  if (!run.options.loss.scale_v_pred_loss_like_noise_pred)
    return is_eps ? "off, as this model needs: it answers eps" : "off: v of all timesteps weighs alike";
  if (is_eps) return "refused at the start: this model answers eps";
  return fmt::format("weight snr / (snr + 1) = {:.3f} at t 10, {:.3f} at 500, {:.3f} at 900", weight(10), weight(500),
                     weight(900));
}

std::string v_pred_like(const Seen& run) {
  const double share = run.options.loss.v_pred_like_loss;
  if (share == 0)
    return is_v(run) ? "off, as this model needs: it answers v" : "off: only what eps models learn is learned";
  if (is_v(run)) return "refused at the start: this model answers v";
  const auto weight = [&](int t) {
    return 1 + share * (std::min(snr_at(t), 1000.0) + 1) / std::min(snr_at(t), 1000.0);
  };
  return fmt::format("weight 1 + {:g} (snr + 1) / snr = {:.3g} at t 10, {:.3g} at 500, {:.3g} at 900", share,
                     weight(10), weight(500), weight(900));
}

std::string debiased(const Seen& run) {
  if (!run.options.loss.debiased_estimation_loss) return "off: no timestep is raised for being hard to see";
  const auto weight = [&](int t) {
    const double snr = std::min(snr_at(t), 1000.0);
    return is_v(run) ? 1 / (snr + 1) : 1 / std::sqrt(snr);
  };
  return fmt::format("weight {} = {:.3f} at t 10, {:.3f} at 500, {:.3f} at 900",
                     is_v(run) ? "1 / (snr + 1)" : "1 / sqrt(snr)", weight(10), weight(500), weight(900));
}

constexpr Row kRows[] = {{"loss_type", loss_type},
                         {"huber_schedule", huber_schedule},
                         {"huber_c", huber_c},
                         {"huber_scale", huber_scale},
                         {"min_snr_gamma", min_snr},
                         {"scale_v_pred_loss_like_noise_pred", scale_v_pred},
                         {"v_pred_like_loss", v_pred_like},
                         {"debiased_estimation_loss", debiased}};

}  // namespace

std::span<const Row> loss_rows() {
  return kRows;
}

}  // namespace darkroom::train::effects
