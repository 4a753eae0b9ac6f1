#include "diffusion/samplers.h"

#include <gtest/gtest.h>

#include <set>

#include "diffusion/samplers/steps.h"
#include "diffusion/worlds.h"

namespace darkroom::diffusion {
namespace {

void expect_choice(const char* sampler, const char* schedule, const char* name, const char* schedule_name) {
  const SamplerChoice choice = choose_sampler(sampler, schedule);
  EXPECT_EQ(choice.sampler.name, name) << sampler << ", " << schedule;
  EXPECT_EQ(choice.schedule.name, schedule_name) << sampler << ", " << schedule;
}

TEST(Samplers, TheTableIsConsistent) {
  std::set<std::string> names;
  for (const SamplerInfo& info : samplers()) {
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    for (const std::string& alias : info.aliases) EXPECT_TRUE(names.insert(alias).second) << alias;
    EXPECT_EQ(sigma_schedule_named(info.default_schedule).name, info.default_schedule);
    EXPECT_EQ(&choose_sampler(info.name).sampler, &info);
  }
}

TEST(Samplers, NamesAliasesAndDefaultSchedules) {
  expect_choice("DPM++ 2M", "automatic", "DPM++ 2M", "karras");
  expect_choice("Euler", "Automatic", "Euler", "uniform");
  expect_choice("Euler a", "", "Euler a", "uniform");
  expect_choice("euler A", "Exponential", "Euler a", "exponential");
  expect_choice("k_dpmpp_2m", "uniform", "DPM++ 2M", "uniform");
  expect_choice("k_euler", "automatic", "Euler", "uniform");
  expect_choice("k_euler_a", "automatic", "Euler a", "uniform");
  expect_choice("k_euler_ancestral", "karras", "Euler a", "karras");
}

TEST(Samplers, JoinedNamesOfOldImages) {
  expect_choice("DPM++ 2M Karras", "automatic", "DPM++ 2M", "karras");
  expect_choice("DPM++ 2M Karras", "Karras", "DPM++ 2M", "karras");
  expect_choice("DPM++ 2M exponential", "", "DPM++ 2M", "exponential");
  expect_choice("Euler a Uniform", "", "Euler a", "uniform");
  expect_choice("k_dpmpp_2m_ka", "", "DPM++ 2M", "karras");
  expect_choice("k_dpmpp_2m_exp", "", "DPM++ 2M", "exponential");
  const auto both = [] { choose_sampler("DPM++ 2M Karras", "exponential"); };
  expect_contains(error_of(ErrorKind::invalid_request, both), "already asks for the schedule karras");
}

TEST(Samplers, SomeHaveLevelsOfTheirOwnInOtherProgramsProfiles) {
  const Profile &ours = profile_named("darkroom"), &a1111 = profile_named("a1111-1.10");
  for (const char* name : {"DDIM", "PLMS", "UniPC"}) {
    EXPECT_TRUE(choose_sampler(name, "", a1111).has_own_levels());
    const auto with_schedule = [&] { choose_sampler(name, "karras", a1111); };
    expect_contains(error_of(ErrorKind::invalid_request, with_schedule),
                    "noise levels of its own in the profile a1111");
    error_of(ErrorKind::invalid_request, [&] { choose_sampler(std::string(name) + " Karras", "", a1111); });
    EXPECT_FALSE(choose_sampler(name, "karras", ours).has_own_levels());
    EXPECT_EQ(choose_sampler(std::string(name) + " Karras", "", ours).schedule.name, "karras");
  }
}

TEST(Samplers, SomeLeaveTheLowestLevelOut) {
  const NoiseSchedule schedule;
  Sigmas eleven = karras_sigmas(schedule, 11);
  EXPECT_EQ(run_sigmas(choose_sampler("DPM++ 2M"), schedule, 11), eleven);
  eleven.erase(eleven.end() - 2);
  for (const char* name : {"DPM2", "DPM2 a"}) EXPECT_EQ(run_sigmas(choose_sampler(name), schedule, 10), eleven);
}

TEST(Samplers, ProfilesChangeLevelsNotNames) {
  const NoiseSchedule schedule;
  const Profile& old = profile_named("a1111-2022-12");
  const Sigmas karras = run_sigmas(choose_sampler("DPM2 Karras", "", old), schedule, 10);
  EXPECT_FLOAT_EQ(float(karras.front()), 10);
  EXPECT_FLOAT_EQ(float(karras[9]), 0.1f);
  EXPECT_EQ(run_sigmas(choose_sampler("DPM2", "", old), schedule, 10), uniform_sigmas(schedule, 10));
  EXPECT_EQ(run_sigmas(choose_sampler("DPM2", "", profile_named("kdiffusion")), schedule, 10),
            karras_sigmas(schedule, 10));
  EXPECT_EQ(run_sigmas(choose_sampler("DDIM"), schedule, 10), turbo_sigmas(schedule, 10));
  EXPECT_EQ(run_sigmas(choose_sampler("DDIM", "", profile_named("a1111-1.10")), schedule, 10),
            timestep_levels(schedule, 10));
  EXPECT_EQ(run_sigmas(choose_sampler("DDIM", "", old), schedule, 10), ldm_levels(schedule, 10));
  EXPECT_EQ(choose_sampler("DPM fast", "", old).default_eta(), 1);
  EXPECT_EQ(choose_sampler("DPM fast").default_eta(), 0);
  Sigmas without = karras_sigmas(schedule, 11);
  without.erase(without.end() - 2);
  EXPECT_EQ(run_sigmas(choose_sampler("Euler", "karras"), schedule, 10, {}, /*always_discards=*/true), without);
}

// samplers.md 2.8: the grid's start jumps with the number of steps, and where it overflows there is one step more.
TEST(Samplers, LatentDiffusionsGrid) {
  const NoiseSchedule schedule;
  for (const auto& [n, start] : {std::pair(10, 8.39), {15, 13.93}, {20, 11.03}, {28, 13.12}, {40, 12.74}, {60, 14.09}})
    EXPECT_NEAR(ldm_levels(schedule, n).front(), start, 0.01) << n;
  EXPECT_EQ(ldm_levels(schedule, 30).size(), 32u);  // 31 steps
  EXPECT_EQ(ldm_levels(schedule, 27), ldm_levels(schedule, 28));
  EXPECT_EQ(ldm_levels(schedule, 20).back(), schedule.sigma_min());
}

TEST(Samplers, UnknownNamesListTheNearest) {
  const auto refusal = [](std::string sampler, std::string schedule) {
    return error_of(ErrorKind::invalid_request, [&] { choose_sampler(sampler, schedule); });
  };
  expect_contains(refusal("Eular a", ""),
                  "\"Eular a\": it must be one of the known samplers; did you mean \"Euler a\"");
  expect_contains(refusal("DPM+ 2M", ""), "did you mean \"DPM++ 2M\"");
  expect_contains(refusal("DPM++ 2M Carras", ""), "\"DPM++ 2M\"");
  expect_contains(refusal("", ""), "the sampler \"\"");
  expect_contains(refusal(" Karras", ""), "known samplers");
  expect_contains(refusal("_ka", ""), "known samplers");
  expect_contains(refusal("Euler", "exponental"), "did you mean \"Exponential\"");
  EXPECT_LT(refusal(std::string(100000, 'x'), "").size(), 300);
}

TEST(Samplers, AncestralStep) {
  const auto expect_split = [](double eta, double down, double up) {
    const AncestralStep step = ancestral_step(2, 1, eta);
    EXPECT_NEAR(step.down, down, 1e-7);
    EXPECT_NEAR(step.up, up, 1e-7);
  };
  expect_split(0, 1, 0);
  expect_split(0.5, 0.9013878, 0.4330127);
  expect_split(1, 0.5, 0.8660254);
  expect_split(3, 0, 1);
  EXPECT_EQ(ancestral_step(2, 0, 1).down, 0);
  EXPECT_EQ(ancestral_step(2, 0, 1).up, 0);
}

TEST(Samplers, EveryOneEndsWithTheDenoisedLatentAndReportsEachStep) {
  const Sigmas sigmas = karras_sigmas(NoiseSchedule(), 6);
  for (const SamplerInfo& info : samplers()) {
    if (info.adapts_to_latent) continue;  // it has no steps to count
    ImageNoise noise({1}, {4, 4, 4});
    SampleOptions options;
    if (info.noise != NoiseUse::none) options.noise = noise.source();  // else asking for noise throws
    options.eta = info.default_eta;
    int events = 0, calls = 0;
    Tensor last_x, last_denoised;
    options.on_step = [&](const StepEvent& event) {
      if (!info.chooses_steps) {
        EXPECT_EQ(event.index, events);
        EXPECT_EQ(event.sigma, sigmas[events]);
      }
      ++events;
      // UniPC asks where it predicted to arrive and then corrects where it is.
      if (!info.name.starts_with("UniPC")) {
        EXPECT_TRUE(event.denoised.equal(golden_denoised(event.x, event.sigma)));
      }
      last_denoised = event.denoised;
    };
    const Denoiser denoise = [&](const Tensor& x, double sigma) { return ++calls, golden_denoised(x, sigma); };
    const Tensor result = info.sample(denoise, noise.first() * sigmas[0], sigmas, options);
    if (!info.chooses_steps) {
      EXPECT_EQ(events, 6) << info.name;
    }
    const int extra = info.name == "PLMS" ? 1 : 0;  // its first step is Heun's
    EXPECT_EQ(calls, (6 - 1) * info.calls_per_step + 1 + extra) << info.name;
    EXPECT_LE(largest_difference(result, last_denoised), 1e-6) << info.name;
  }
}

TEST(Samplers, AnImageIsTheSameInEveryBatchToTheBit) {
  const Sigmas sigmas = uniform_sigmas(NoiseSchedule(), 8);
  for (const SamplerInfo& info : samplers()) {
    if (info.adapts_to_latent) continue;  // judges the error of the whole batch
    for (const NoiseKind kind : {NoiseKind::sequential, NoiseKind::torchsde, NoiseKind::brownian}) {
      const auto run = [&](const std::vector<uint64_t>& seeds) {
        RunNoise noise(info, kind, info.default_eta, seeds, {4, 8, 8}, sigmas);
        SampleOptions options;
        options.s_churn = 2;
        options.eta = info.default_eta;
        options.noise = noise.source();
        return info.sample(golden_denoised, noise.first() * sigmas[0], sigmas, options);
      };
      const Tensor batch = run({10, 11, 12});
      for (int i = 0; i < 3; ++i) EXPECT_TRUE(batch[i].equal(run({10 + uint64_t(i)})[0])) << info.name;
    }
  }
}

TEST(Samplers, AThrowFromOnStepStopsTheRun) {
  const Sigmas sigmas = uniform_sigmas(NoiseSchedule(), 8);
  for (const SamplerInfo& info : samplers()) {
    ImageNoise noise({1}, {4, 4, 4});
    SampleOptions options;
    options.noise = noise.source();
    options.on_step = [](const StepEvent& event) {
      if (event.index >= 3) fail(ErrorKind::cancelled, "stopped");
    };
    int calls = 0;
    const Denoiser denoise = [&](const Tensor& x, double sigma) { return ++calls, golden_denoised(x, sigma); };
    error_of(ErrorKind::cancelled, [&] { info.sample(denoise, noise.first() * sigmas[0], sigmas, options); });
    EXPECT_LT(calls, info.adapts_to_latent ? 60 : 13) << info.name;
  }
}

TEST(Samplers, WithoutStepsNothingHappens) {
  const Tensor x = at::ones({1, 4, 2, 2});
  for (const SamplerInfo& info : samplers()) {
    for (const Sigmas& sigmas : {Sigmas{}, Sigmas{0}})
      EXPECT_TRUE(info.sample(golden_denoised, x, sigmas, {}).equal(x));
  }
}

}  // namespace
}  // namespace darkroom::diffusion
