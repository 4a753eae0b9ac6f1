#include "diffusion/noise_gain.h"

#include <tuple>

#include "diffusion/worlds.h"

namespace darkroom::diffusion {
namespace {

/// Of the latent at the lowest positive level, n levels.
double gain_at_lowest(const char* sampler, const char* schedule, int n) {
  Sigmas sigmas = sigma_schedule_named(schedule).sigmas(NoiseSchedule(), n, {});
  sigmas.pop_back();
  return noise_gain(choose_sampler(sampler).sampler, sigmas, {.eta = 0});
}

TEST(NoiseGain, OfTheLatentBeforeTheLastStep) {
  const std::map<std::string, std::vector<double>> expected = {
      {"karras", {.4895, .4102, .6406, .6364, .4895, .6825}},
      {"exponential", {.4027, .3053, .4796, .4796, .4027, .5308}},
      {"uniform", {.8759, 4.347, 2.937, 3.636, .8759, 8.141}},
  };
  const char* samplers[] = {"Euler", "Heun", "DPM2", "DPM++ 2M", "DPM++ 2S a", "LMS"};
  for (const auto& [schedule, gains] : expected) {
    for (size_t i = 0; i < gains.size(); ++i)
      EXPECT_NEAR(gain_at_lowest(samplers[i], schedule.c_str(), 20) / gains[i], 1, 0.005) << samplers[i] << schedule;
  }
}

// "LMS Karras is broken at many steps": k-diffusion's last step multiplies what a network gets wrong.
// samplers.md 4.4 (b): those that the table above lacks, at n = 20.
TEST(NoiseGain, OfThreeMoreSamplers) {
  for (const auto& [schedule, s3, deis, plms] : {std::tuple("karras", .5178, .8349, 1.523),
                                                 {"exponential", .3830, .5641, .8973},
                                                 {"uniform", 2.950, 14.33, 4.029}}) {
    EXPECT_NEAR(gain_at_lowest("DPM-Solver-3", schedule, 20) / s3, 1, 0.005) << schedule;
    EXPECT_NEAR(gain_at_lowest("DEIS", schedule, 20) / deis, 1, 0.005) << schedule;
    EXPECT_NEAR(gain_at_lowest("PLMS", schedule, 20) / plms, 1, 0.005) << schedule;
  }
}

TEST(NoiseGain, OfLmsOverTheStepToZero) {
  const SamplerInfo& lms = choose_sampler("LMS").sampler;
  for (const auto& [n, gain] : {std::pair(10, 1.569), {20, 4.270}, {50, 35.70}, {100, 231.0}}) {
    const Sigmas sigmas = karras_sigmas(NoiseSchedule(), n);
    EXPECT_NEAR(noise_gain(lms, sigmas, {.lms_extrapolates_to_zero = true}) / gain, 1, 0.005) << n;
    EXPECT_NEAR(noise_gain(lms, sigmas), 1, 1e-9) << n;
  }
}

TEST(NoiseGain, NeedsStepsThatAreKnown) {
  const auto adaptive = [] { noise_gain(choose_sampler("DPM adaptive").sampler, karras_sigmas(NoiseSchedule(), 10)); };
  expect_contains(error_of(ErrorKind::invalid_request, adaptive), "depend on the latent");
}

}  // namespace
}  // namespace darkroom::diffusion
