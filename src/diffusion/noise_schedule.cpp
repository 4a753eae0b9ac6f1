#include "diffusion/noise_schedule.h"

#include <c10/util/Half.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "diffusion/float32.h"

namespace darkroom::diffusion {
namespace {

void check_config(const NoiseScheduleConfig& config) {
  require(config.timesteps >= 2 && config.timesteps <= 100000, ErrorKind::invalid_request,
          "make a noise schedule: timesteps must be from 2 to 100000, but is {}", config.timesteps);
  require(config.beta_start > 0 && config.beta_start <= config.beta_end && config.beta_end < 1,
          ErrorKind::invalid_request,
          "make a noise schedule: 0 < beta_start <= beta_end < 1 must hold, but they are {} and {}", config.beta_start,
          config.beta_end);
}

std::vector<float> alphas_cumprod_of(const NoiseScheduleConfig& config) {
  const bool scaled = config.curve == BetaCurve::scaled_linear;
  const double first = scaled ? std::sqrt(config.beta_start) : config.beta_start;
  const double last = scaled ? std::sqrt(config.beta_end) : config.beta_end;
  const double step = (last - first) / (config.timesteps - 1);
  std::vector<float> alphas;
  double product = 1;
  for (int t = 0; t < config.timesteps; ++t) {
    const double on_line = t < config.timesteps / 2 ? first + t * step : last - (config.timesteps - 1 - t) * step;
    product *= 1 - (scaled ? on_line * on_line : on_line);
    alphas.push_back(float(product));
  }
  return alphas;
}

/// "Common Diffusion Noise Schedules and Sample Steps are Flawed" (Lin et al. 2023), algorithm 1.
void rescale_to_zero_terminal_snr(std::vector<float>& alphas) {
  const float first = std::sqrt(alphas.front()), last = std::sqrt(alphas.back());
  const float stretch = first / (first - last);
  for (float& alpha : alphas) {
    const float root = (std::sqrt(alpha) - last) * stretch;
    alpha = root * root;
  }
  // A true zero would make sigma infinite. This is the value A1111 puts there.
  alphas.back() = 4.8973451890853435e-08f;
}

float in_half(float value) {
  return float(c10::Half(value));
}

/// sqrt((1 - alpha) / alpha), each operation rounded to fp16 if `downcast`.
float sigma_of(float alpha, bool downcast) {
  if (!downcast) return std::sqrt((1.0f - alpha) / alpha);
  return in_half(std::sqrt(in_half(in_half(1.0f - alpha) / alpha)));
}

float log_of(double sigma) {
  require(sigma > 0 && std::isnormal(float(sigma)), ErrorKind::internal,
          "look up a timestep: sigma must be positive and in the range of float32, but is {}", sigma);
  return float32_log(float(sigma));
}

}  // namespace

BetaCurve beta_curve_named(std::string_view name) {
  if (name == "scaled_linear") return BetaCurve::scaled_linear;
  if (name == "linear") return BetaCurve::linear;
  fail(ErrorKind::invalid_request,
       "make a noise schedule: the curve of betas must be \"scaled_linear\" or \"linear\", but is \"{:.80}\"", name);
}

NoiseSchedule::NoiseSchedule(const NoiseScheduleConfig& config) {
  check_config(config);
  alphas_cumprod_ = alphas_cumprod_of(config);
  if (config.downcast)
    for (float& alpha : alphas_cumprod_) alpha = in_half(alpha);
  if (config.zero_terminal_snr) rescale_to_zero_terminal_snr(alphas_cumprod_);
  float previous = 0;
  for (const float alpha : alphas_cumprod_) {
    const float sigma = sigma_of(alpha, config.downcast);
    require(std::isfinite(sigma) && sigma > previous, ErrorKind::invalid_request,
            "make a noise schedule with betas {} to {}: noise levels must be finite and grow, but timestep {} has {} "
            "after {}",
            config.beta_start, config.beta_end, sigmas_.size(), sigma, previous);
    previous = sigma;
    sigmas_.push_back(sigma);
    log_sigmas_.push_back(config.downcast ? in_half(float32_log(sigma)) : float32_log(sigma));
  }
}

double NoiseSchedule::sigma(double t) const {
  require(t >= 0 && t <= timesteps() - 1, ErrorKind::internal,
          "look up a noise level: t must be from 0 to {}, but is {}", timesteps() - 1, t);
  const float position = float(t);
  const int low = int(std::floor(position)), high = int(std::ceil(position));
  const float w = position - float(low);
  return float32_exp((1.0f - w) * log_sigmas_[low] + w * log_sigmas_[high]);
}

double NoiseSchedule::t(double sigma) const {
  const float log_sigma = log_of(sigma);
  const auto above = std::upper_bound(log_sigmas_.begin(), log_sigmas_.end(), log_sigma) - log_sigmas_.begin();
  const int low = std::clamp(int(above) - 1, 0, timesteps() - 2);
  const float low_log = log_sigmas_[low], high_log = log_sigmas_[low + 1];
  const float w = std::clamp((low_log - log_sigma) / (low_log - high_log), 0.0f, 1.0f);
  return (1.0f - w) * float(low) + w * float(low + 1);
}

int NoiseSchedule::nearest_t(double sigma) const {
  const float log_sigma = log_of(sigma);
  const auto nearer = [&](float a, float b) { return std::abs(log_sigma - a) < std::abs(log_sigma - b); };
  return int(std::min_element(log_sigmas_.begin(), log_sigmas_.end(), nearer) - log_sigmas_.begin());
}

}  // namespace darkroom::diffusion
