// What noise pictures are trained with.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diffusion/noise_schedule.h"
#include "train/effects/rows.h"

namespace darkroom::train::effects {
namespace {

constexpr int64_t kTimesteps = 1000;

double sigma_at(int64_t t) {
  static const diffusion::NoiseSchedule schedule;
  return schedule.sigmas()[size_t(std::clamp<int64_t>(t, 0, kTimesteps - 1))];
}

std::string range(const LoraTraining& o) {
  const int64_t count_of = std::max<int64_t>(1, std::min(o.max_timestep, kTimesteps) - o.min_timestep);
  return fmt::format("t {} to {} are drawn, {} of all", o.min_timestep, o.min_timestep + count_of - 1,
                     percent(double(count_of) / kTimesteps));
}

std::string min_timestep(const Seen& run) {
  return fmt::format("{}; the least noise is {:.3g} times the picture", range(run.options),
                     sigma_at(run.options.min_timestep));
}

std::string max_timestep(const Seen& run) {
  const LoraTraining& o = run.options;
  const int64_t last = std::max(o.min_timestep, std::min(o.max_timestep, kTimesteps) - 1);
  if (o.zero_terminal_snr && last == kTimesteps - 1) return range(o) + "; the last is pure noise";
  return fmt::format("{}; the most noise is {:.3g} times the picture", range(o), sigma_at(last));
}

/// A channel's mean has variance offset^2 beside 1 / pixels, which is almost nothing.
std::string offset(const Seen& run) {
  const TrainingNoise& noise = run.options.noise;
  if (noise.offset == 0 && noise.adaptive_scale == 0)
    return "off: noise hides hardly anything of how bright a picture is";
  if (noise.offset == 0) return "0, and adaptive_noise_scale adds to it";
  const PixelSize at = run.options.buckets.resolution;
  const double own = at.width > 0 ? 8 / std::sqrt(double(at.width) * at.height) : 0;
  return fmt::format("a latent's mean is shifted by {:g}{} on average{}", noise.offset,
                     noise.offset_random_strength ? " at most" : "",
                     own > 0 ? fmt::format(", where plain noise shifts it by {:.3g}", own) : "");
}

std::string offset_random(const Seen& run) {
  const TrainingNoise& noise = run.options.noise;
  if (noise.offset == 0) return no_effect("noise_offset is 0");
  return noise.offset_random_strength ? fmt::format("each batch draws its own between 0 and {:g}, {:g} on average",
                                                    noise.offset, noise.offset / 2)
                                      : fmt::format("off: each batch has {:g}", noise.offset);
}

std::string adaptive(const Seen& run) {
  const TrainingNoise& noise = run.options.noise;
  if (noise.adaptive_scale == 0) return "off: the offset is the same for dark, bright and plain pictures";
  return fmt::format("where a latent's mean is 1, the offset is {:g} + {:g} = {:g}", noise.offset, noise.adaptive_scale,
                     std::max(0.0, noise.offset + noise.adaptive_scale));
}

std::string multires(const Seen& run) {
  const TrainingNoise& noise = run.options.noise;
  if (noise.multires_iterations == 0) return "off: noise is as coarse as a latent";
  double sum = 0;
  for (int i = 0; i < noise.multires_iterations; ++i) sum += std::pow(noise.multires_discount, 2 * i);
  return fmt::format("up to {} coarser grids are added, together {} of the noise's power before it is scaled back",
                     noise.multires_iterations, percent(sum / (1 + sum)));
}

std::string discount(const Seen& run) {
  const TrainingNoise& noise = run.options.noise;
  if (noise.multires_iterations == 0) return no_effect("multires_noise_iterations is 0");
  return fmt::format("the grids weigh 1, {:.3g}, {:.3g}, ...; the coarsest possible {:.2g}", noise.multires_discount,
                     std::pow(noise.multires_discount, 2),
                     std::pow(noise.multires_discount, noise.multires_iterations - 1));
}

std::string ip_noise(const Seen& run) {
  const double gamma = run.options.ip_noise_gamma;
  if (gamma == 0) return "off: the noise is what the model is told";
  return fmt::format("the noise is {} stronger than the model is told{}", percent(std::sqrt(1 + gamma * gamma) - 1),
                     run.options.ip_noise_gamma_random_strength ? ", at most" : "");
}

std::string ip_noise_random(const Seen& run) {
  const double gamma = run.options.ip_noise_gamma;
  if (gamma == 0) return no_effect("ip_noise_gamma is 0");
  return run.options.ip_noise_gamma_random_strength ? fmt::format("each batch draws its own between 0 and {:g}", gamma)
                                                    : fmt::format("off: each batch has {:g}", gamma);
}

constexpr Row kRows[] = {{"min_timestep", min_timestep},
                         {"max_timestep", max_timestep},
                         {"noise_offset", offset},
                         {"noise_offset_random_strength", offset_random},
                         {"adaptive_noise_scale", adaptive},
                         {"multires_noise_iterations", multires},
                         {"multires_noise_discount", discount},
                         {"ip_noise_gamma", ip_noise},
                         {"ip_noise_gamma_random_strength", ip_noise_random}};

}  // namespace

std::span<const Row> noise_rows() {
  return kRows;
}

}  // namespace darkroom::train::effects
