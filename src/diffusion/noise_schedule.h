// The noise a network was trained with: betas of T training timesteps, and the map between timestep and noise level.
// Source of truth: latent-diffusion, ldm/modules/diffusionmodules/util.py (betas); k-diffusion, external.py (sigma <->
// t).
#pragma once

#include <string_view>
#include <vector>

namespace darkroom::diffusion {

/// How beta grows with the timestep: its square root linearly (Stable Diffusion), or itself.
enum class BetaCurve { scaled_linear, linear };

/// By diffusers' name ("scaled_linear", "linear"). Throws Error{invalid_request}.
BetaCurve beta_curve_named(std::string_view name);

struct NoiseScheduleConfig {
  BetaCurve curve = BetaCurve::scaled_linear;
  double beta_start = 0.00085;
  double beta_end = 0.012;
  int timesteps = 1000;
  /// Stretches sqrt(alphas_cumprod) so that the last timestep is (all but) pure noise; sigma_max becomes about 4519.
  bool zero_terminal_snr = false;
  /// Everything rounded to fp16, step by step, as in models that A1111 held in fp16 before 1.7.0-225.
  bool downcast = false;
};

/// Immutable. t counts from 0 (least noise) to timesteps() - 1. In the noise levels used for sampling, x = x0 + sigma *
/// noise.
class NoiseSchedule {
 public:
  /// Throws Error{invalid_request} unless 0 < beta_start <= beta_end < 1, 2 <= timesteps <= 100000, and the noise level
  /// of each timestep is above that of the one before in float32.
  explicit NoiseSchedule(const NoiseScheduleConfig& config = {});

  int timesteps() const { return int(sigmas_.size()); }
  /// Share of signal left in the variance at each t: cumulative products in float64, rounded to float32.
  const std::vector<float>& alphas_cumprod() const { return alphas_cumprod_; }
  /// sqrt((1 - alphas_cumprod) / alphas_cumprod) in float32, ascending.
  const std::vector<float>& sigmas() const { return sigmas_; }
  double sigma_min() const { return sigmas_.front(); }
  double sigma_max() const { return sigmas_.back(); }

  /// Noise level at a fractional t, linear in ln(sigma) between timesteps. Goes through exp(ln(sigma)), so sigma(i) may
  /// differ from sigmas()[i] in the last place, as in the reference. Requires: 0 <= t <= timesteps() - 1.
  double sigma(double t) const;
  /// Fractional t of a noise level: the inverse, clamped to [0, timesteps() - 1]. Requires: sigma > 0, in float32's
  /// range.
  double t(double sigma) const;
  /// The timestep whose ln(sigma) is nearest. Requires as t().
  int nearest_t(double sigma) const;

 private:
  std::vector<float> alphas_cumprod_, sigmas_, log_sigmas_;
};

}  // namespace darkroom::diffusion
