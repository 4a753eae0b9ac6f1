#include "diffusion/partial_run.h"

#include <cmath>

#include "diffusion/golden.h"
#include "diffusion/parameterization.h"
#include "diffusion/worlds.h"

namespace darkroom::diffusion {
namespace {

const NoiseSchedule& sd() {
  static const NoiseSchedule schedule;
  return schedule;
}

const Profile& a1111() {
  return profile_named("a1111-1.10");
}

TEST(PartialRun, StepsAreA1111s) {
  const auto& table = golden("sigmas.json").at("img2img_steps");
  ASSERT_EQ(table.size(), 15u);
  for (const auto& row : table) {
    const PartialSteps expected{row.at("steps_out"), row.at("t_enc")};
    EXPECT_EQ(partial_steps(row.at("steps"), row.at("strength"), row.at("fix")), expected) << row;
  }
  // As many as asked for, of a longer run (20 at 0.7: the last 20 of 28).
  EXPECT_EQ(partial_steps(20, 0.7, true), (PartialSteps{28, 19}));
  EXPECT_EQ(partial_steps(20, 1, true), (PartialSteps{20, 19}));
  EXPECT_EQ(partial_steps(20, 0, true), (PartialSteps{0, 19}));
  EXPECT_EQ(partial_steps(20, 0, false), (PartialSteps{20, 0}));
}

TEST(PartialRun, WalksTheEndOfAWholeRun) {
  for (const char* name : {"Euler", "DPM++ 2M", "DPM++ 2M SDE", "DPM2", "DPM fast", "DDIM"}) {
    const SamplerChoice choice = choose_sampler(name);
    const PartialLevels levels = partial_levels(choice, sd(), {20, 7});
    const Sigmas whole = run_sigmas(choice, sd(), 20);
    EXPECT_EQ(levels.whole, whole) << name;  // what a Brownian path spans
    EXPECT_EQ(levels.walked, Sigmas(whole.end() - 9, whole.end())) << name;
    EXPECT_EQ(levels.noise, levels.walked.front()) << name;
  }
}

TEST(PartialRun, StrengthOneIsTheWholeRun) {
  const SamplerChoice choice = choose_sampler("DPM++ 2M");
  EXPECT_EQ(partial_levels(choice, sd(), partial_steps(20, 1, false)).walked, run_sigmas(choice, sd(), 20));
}

TEST(PartialRun, SchedulesOfMoreLevelsThanStepsAreCutFromTheFront) {
  const PartialLevels levels = partial_levels(choose_sampler("Euler", "DDIM"), sd(), {11, 5});
  EXPECT_EQ(levels.whole.size(), 13u);
  EXPECT_EQ(levels.walked.size(), 8u);
}

// A1111: the noise is that of grid[t_enc], the sampler gets grid[:t_enc], and DDIM evaluates one less than that.
TEST(PartialRun, TimestepSamplersStartOneEntryBelowTheirNoise) {
  const std::vector<int> grid = timestep_grid(sd(), 20);
  EXPECT_EQ(grid, golden("sigmas.json").at("ddim_grid").at("20").get<std::vector<int>>());
  for (const char* name : {"DDIM", "PLMS"}) {
    const PartialLevels levels = partial_levels(choose_sampler(name, "", a1111()), sd(), {20, 10});
    EXPECT_EQ(levels.noise, sd().sigmas()[grid[10]]);
    ASSERT_EQ(levels.walked.size(), 10u);
    for (int i = 0; i < 10; ++i) EXPECT_EQ(levels.walked[i], sd().sigmas()[grid[9 - i]]);
  }
  const PartialLevels unipc = partial_levels(choose_sampler("UniPC", "", a1111()), sd(), {20, 10});
  EXPECT_EQ(unipc.noise, sd().sigmas()[grid[10]]);
  EXPECT_EQ(unipc.walked.size(), 11u);  // ten steps
  EXPECT_NEAR(unipc.walked.front() / sd().sigmas()[grid[9]], 1, 1e-5);
  EXPECT_NEAR(unipc.walked.back() / sd().sigmas()[0], 1, 1e-5);
  const PartialLevels old = partial_levels(choose_sampler("DDIM", "", profile_named("a1111-2022-12")), sd(), {20, 10});
  EXPECT_EQ(old.walked.size(), 11u);  // down to the table's lowest
  EXPECT_EQ(old.walked.back(), sd().sigma_min());
}

TEST(PartialRun, GridsMayHaveMoreEntriesThanSteps) {
  const std::vector<int> grid = timestep_grid(sd(), 30);
  EXPECT_EQ(grid, golden("sigmas.json").at("ddim_grid").at("30").get<std::vector<int>>());
  const PartialLevels levels = partial_levels(choose_sampler("DDIM", "", a1111()), sd(), {30, 29});
  EXPECT_EQ(levels.noise, sd().sigmas()[grid[29]]);
  EXPECT_EQ(levels.walked.size(), 29u);
}

TEST(PartialRun, NothingToDoAndAlmostNothing) {
  for (const Profile& profile : profiles()) {
    for (const SamplerInfo& sampler : samplers()) {
      const SamplerChoice choice = choose_sampler(sampler.name, "", profile);
      for (const PartialSteps& steps : {PartialSteps{0, 19}, {20, 0}, {20, 1}}) {
        const PartialLevels levels = partial_levels(choice, sd(), steps);
        const Tensor latent = at::ones({1, 4, 2, 2}), noise = at::zeros_like(latent);
        SampleOptions options;
        options.schedule = &sd();
        options.noise = [&](double, double) { return noise; };
        const Denoiser perfect = [&](const Tensor&, double) { return latent; };
        Tensor x = noised(latent, noise, choice, levels);
        x = sampler.sample(perfect, x, levels.walked, options);
        // Timestep samplers stay in the network's scaling, 0.975 one entry up, and take what that leaves for noise.
        EXPECT_NEAR(x.mean().item<double>(), 1, choice.has_own_levels() ? 0.03 : 1e-4)
            << sampler.name << " " << profile.name << " " << steps.encode;
      }
    }
  }
}

TEST(PartialRun, NoiseIsInTheSamplersScaling) {
  const Tensor latent = at::full({1}, 2.0), unit = at::full({1}, 0.5);
  const SamplerChoice euler = choose_sampler("Euler");
  const PartialLevels levels = partial_levels(euler, sd(), {20, 10});
  EXPECT_NEAR(noised(latent, unit, euler, levels).item<double>(), 2 + 0.5 * levels.walked[0], 1e-5);
  EXPECT_NEAR(noised(latent, unit, euler, levels, 0.1).item<double>(), 2.05 + 0.5 * levels.walked[0], 1e-5);
  // sqrt(abar) * latent + sqrt(1 - abar) * noise at grid[10], once the sampler scales with its first level.
  const SamplerChoice ddim = choose_sampler("DDIM", "", a1111());
  const PartialLevels own = partial_levels(ddim, sd(), {20, 10});
  const double abar = sd().alphas_cumprod()[501];
  const double x = noised(latent, unit, ddim, own).item<double>() * input_scale(own.walked[0]);
  EXPECT_NEAR(x, std::sqrt(abar) * 2 + std::sqrt(1 - abar) * 0.5, 1e-5);
}

}  // namespace
}  // namespace darkroom::diffusion
