#include "diffusion/sigmas.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>

#include "diffusion/golden.h"

namespace darkroom::diffusion {
namespace {

/// Calls `check` with each golden run of a schedule's name.
template <typename Check>
void for_each_golden_run(const std::string& name, const Check& check) {
  int runs = 0;
  for (const auto& run : golden("sigmas.json").at("schedules")) {
    if (run.at("name") != name) continue;
    ++runs;
    check(run.at("n").get<int>(), floats(run.at("sigmas")));
  }
  EXPECT_EQ(runs, 2) << name;
}

TEST(Sigmas, WhatStochasticSamplersUseMostIsTheReferencesBits) {
  const NoiseSchedule noise_schedule;
  for (const char* name :
       {"uniform", "karras", "exponential", "polyexponential", "sgm_uniform", "normal", "simple", "ddim"}) {
    for_each_golden_run(name, [&](int n, const std::vector<float>& expected) {
      const Sigmas sigmas = sigma_schedule_named(name).sigmas(noise_schedule, n, {});
      EXPECT_EQ(std::vector<float>(sigmas.begin(), sigmas.end()), expected) << name;
    });
  }
}

TEST(Sigmas, EveryScheduleIsTheReferences) {
  const NoiseSchedule noise_schedule;
  const auto compare = [&](const SigmaSchedule& schedule, const std::string& name, const SigmaOptions& options) {
    for_each_golden_run(name, [&](int n, const std::vector<float>& expected) {
      const Sigmas sigmas = schedule.sigmas(noise_schedule, n, options);
      ASSERT_EQ(sigmas.size(), expected.size()) << name;
      for (size_t i = 0; i < sigmas.size(); ++i) EXPECT_NEAR(sigmas[i], expected[i], 1e-6 * expected[i]) << name << i;
    });
  };
  for (const char* name : {"uniform", "karras", "exponential", "polyexponential", "sgm_uniform", "kl_optimal",
                           "align_your_steps", "simple", "normal", "ddim", "beta"})
    compare(sigma_schedule_named(name), name, {});
  compare(sigma_schedule_named("Align Your Steps"), "align_your_steps/sdxl", {.is_sdxl = true});
}

TEST(Sigmas, AnyNumberOfStepsFallsInFloat32) {
  const NoiseSchedule noise_schedule;
  for (const SigmaSchedule& schedule : sigma_schedules()) {
    for (const int n : {1, 2, 15, 16, 17, 20, 150, 1000}) {
      if (schedule.name == "lcm" && n > 50) continue;  // refused
      const Sigmas sigmas = schedule.sigmas(noise_schedule, n, {});
      const bool is_table = schedule.name == "ddim";  // its stride is a whole number of timesteps
      const bool falls_together = schedule.name == "beta_timesteps" || schedule.name == "laplace";
      if (!falls_together) {
        ASSERT_GE(sigmas.size(), is_table ? n : n + 1) << schedule.name;
      }
      if (!is_table) {
        ASSERT_LE(sigmas.size(), n + 1) << schedule.name;
        if (schedule.name != "vp") {
          EXPECT_NEAR(sigmas.front(), noise_schedule.sigma_max(), 1e-3) << schedule.name;
        }
      }
      for (size_t i = 0; i + 1 < sigmas.size(); ++i) {
        EXPECT_GT(sigmas[i], sigmas[i + 1]) << schedule.name;
        EXPECT_EQ(sigmas[i], double(float(sigmas[i])));
      }
    }
  }
}

// samplers.md section 3, n = 10, float64 tables: other programs' schedules that the reference runs do not have.
TEST(Sigmas, OtherProgramsSchedules) {
  const std::map<std::string, std::vector<double>> expected = {
      {"turbo", {14.6146, 8.3028, 5.0878, 3.3211, 2.2765, 1.6129, 1.1606, .8299, .5693, .3417}},
      {"vp", {152.167, 53.3098, 21.0956, 9.4032, 4.6806, 2.5494, 1.4620, .8229, .3817, .0105}},
      {"laplace", {14.6146, 2.1213, 1.5, 1.2247, 1.0607, .9428, .8165, .6667, .4714, .0292}},
      {"beta_timesteps", {14.6146, 11.5428, 7.3718, 4.3728, 2.6152, 1.6183, 1.0273, .6549, .3955, .1991}},
  };
  for (const auto& [name, levels] : expected) {
    const Sigmas sigmas = sigma_schedule_named(name).sigmas(NoiseSchedule(), 10, {});
    ASSERT_EQ(sigmas.size(), 11u) << name;
    for (size_t i = 0; i < 10; ++i) EXPECT_NEAR(sigmas[i] / levels[i], 1, 2e-3) << name << i;
    EXPECT_EQ(sigmas[10], 0) << name;
  }
}

TEST(Sigmas, LcmWasDistilledOnFiftyTimesteps) {
  const NoiseSchedule schedule;
  for (const auto& run : golden("samplers_diffusers.json").at("runs")) {
    if (run.at("name") == "DEIS") continue;
    const Sigmas sigmas = lcm_sigmas(schedule, run.at("steps"));
    for (size_t i = 0; i + 1 < sigmas.size(); ++i)
      EXPECT_EQ(sigmas[i], schedule.sigmas()[run.at("timesteps")[i].get<int>()]) << i;
  }
  expect_contains(error_of(ErrorKind::invalid_request, [&] { lcm_sigmas(schedule, 51); }), "LCM has 50 of them");
  expect_contains(error_of(ErrorKind::invalid_request, [&] { turbo_sigmas(schedule, 1001); }), "fewer steps");
}

TEST(Sigmas, MostEndAtTheModelsEndAndThenAtZero) {
  const NoiseSchedule noise_schedule;
  for (const char* name : {"uniform", "karras", "exponential", "polyexponential", "normal", "beta"}) {
    const Sigmas sigmas = sigma_schedule_named(name).sigmas(noise_schedule, 17, {});
    EXPECT_NEAR(sigmas[16], noise_schedule.sigma_min(), 1e-6) << name;
    EXPECT_EQ(sigmas[17], 0) << name;
  }
  EXPECT_NEAR(kl_optimal_sigmas(noise_schedule, 17)[17], noise_schedule.sigma_min(), 1e-6);
}

TEST(Sigmas, PowersOfEqualDistances) {
  const NoiseSchedule noise_schedule;
  const double expected[] = {14.6146, 3.9641, 1.2536, .4622, .1987, .0996, .0582, .0396, .0315, .0292};
  const Sigmas sigmas = polyexponential_sigmas(noise_schedule, 10, {.rho = 2});
  for (int i = 0; i < 10; ++i) EXPECT_NEAR(sigmas[i], expected[i], 6e-5);
}

TEST(Sigmas, OptionsMoveTheEnds) {
  const NoiseSchedule noise_schedule;
  const SigmaOptions options{.sigma_min = 0.1, .sigma_max = 10};
  for (const auto sigmas_of : {karras_sigmas, exponential_sigmas}) {
    const Sigmas sigmas = sigmas_of(noise_schedule, 5, options);
    EXPECT_NEAR(sigmas[0], 10, 1e-5);
    EXPECT_NEAR(sigmas[4], 0.1, 1e-6);
  }
  EXPECT_NEAR(exponential_sigmas(noise_schedule, 5, options)[2], 1, 1e-6);
  const double middle = std::pow((std::sqrt(10) + std::sqrt(0.1)) / 2, 2);
  EXPECT_NEAR(karras_sigmas(noise_schedule, 5, {.sigma_min = 0.1, .sigma_max = 10, .rho = 2})[2], middle, 1e-5);
}

TEST(Sigmas, RefusesImpossibleRequests) {
  const NoiseSchedule noise_schedule;
  for (const SigmaSchedule& schedule : sigma_schedules()) {
    for (const int n : {0, -1, 10001, std::numeric_limits<int>::max()}) {
      const auto call = [&] { schedule.sigmas(noise_schedule, n, {}); };
      expect_contains(error_of(ErrorKind::invalid_request, call), "number of steps must be from 1 to 10000");
    }
  }
  const auto refused = [&](SigmaOptions options, const std::string& part) {
    for (const auto sigmas_of : {karras_sigmas, exponential_sigmas})
      expect_contains(error_of(ErrorKind::invalid_request, [&] { sigmas_of(noise_schedule, 5, options); }), part);
  };
  const std::string range = "1e-6 <= sigma_min < sigma_max <= 1e6 must hold";
  refused({.sigma_min = 2, .sigma_max = 1}, range);
  refused({.sigma_min = 20}, range);
  refused({.sigma_min = -1}, range);
  refused({.sigma_min = NAN}, range);
  refused({.sigma_max = INFINITY}, range);
  refused({.sigma_min = 1e-300}, range);
  for (const double rho : {-1.0, 1e-300, 1e300, double(NAN), double(INFINITY)}) refused({.rho = rho}, "rho must be");
  refused({.sigma_min = 1, .sigma_max = 1 + 1e-9}, "must fall");
}

TEST(Sigmas, TheEndsOfWhatOptionsMaySay) {
  const NoiseSchedule noise_schedule;
  const auto steep = [&] { karras_sigmas(noise_schedule, 20, {.sigma_min = 1e-6, .sigma_max = 1e6, .rho = 0.2}); };
  expect_contains(error_of(ErrorKind::invalid_request, steep), "roots of the levels");  // 1e-30 beside 1e30
  for (const double rho : {3.0, 100.0}) {
    const Sigmas sigmas = karras_sigmas(noise_schedule, 20, {.sigma_min = 1e-6, .sigma_max = 1e6, .rho = rho});
    EXPECT_NEAR(sigmas[0], 1e6, 30) << rho;
  }
  EXPECT_NEAR(exponential_sigmas(noise_schedule, 20, {.sigma_min = 1e-6, .sigma_max = 1e6})[19], 1e-6, 1e-11);
}

TEST(Sigmas, NamesOfSchedules) {
  EXPECT_EQ(sigma_schedule_named("karras").sigmas, karras_sigmas);
  EXPECT_EQ(sigma_schedule_named("Karras").name, "karras");
  EXPECT_EQ(sigma_schedule_named("EXPONENTIAL").sigmas, exponential_sigmas);
  EXPECT_EQ(sigma_schedule_named("SGM Uniform").sigmas, sgm_uniform_sigmas);
  EXPECT_TRUE(is_automatic_schedule("Automatic"));
  EXPECT_TRUE(is_automatic_schedule(""));
  EXPECT_FALSE(is_automatic_schedule("karras"));
  const std::string message = error_of(ErrorKind::invalid_request, [] { sigma_schedule_named("karas"); });
  expect_contains(message, "\"karas\"");
  expect_contains(message, "did you mean \"Karras\"");
}

}  // namespace
}  // namespace darkroom::diffusion
