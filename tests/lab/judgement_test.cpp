#include "lab/judgement.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "generate/request_fields.h"
#include "lab/sample_world.h"

namespace darkroom::lab {
namespace {

Latents latents(std::vector<std::vector<float>> pictures) {
  return {.calls = 1, .pictures = std::move(pictures)};
}

/// At steps 5, 10, 20, ...: one picture that is `distances` away from (10, 0).
VariantRuns away_from_ten(const std::vector<float>& distances) {
  VariantRuns runs;
  for (const float away : distances) runs.at.push_back(latents({{10, 10 * away}}));
  return runs;
}

TEST(Judgement, DistancesAreRelativeMedians) {
  EXPECT_DOUBLE_EQ(distance(latents({{3, 4}, {1, 0}, {2, 0}}), latents({{0, 4}, {1, 0}, {1, 0}})), 0.75);
  EXPECT_DOUBLE_EQ(distance_between_seeds(latents({{1, 0}, {0, 1}, {2, 0}, {0, 2}}), 2), std::sqrt(2.0));
}

TEST(Judgement, OfDoublings) {
  EXPECT_EQ(judged({0.5, 0.4, 0.2, 0.1}, 1), Convergence::converges);
  EXPECT_EQ(judged({0.5, 1e-4, 1e-4, 1e-4}, 1), Convergence::converges);  // rounding
  EXPECT_EQ(judged({1, 0.9, 1.1, 0.9}, 1), Convergence::does_not_converge);
  EXPECT_EQ(judged({0.5, 0.4, 0.37, 0.34}, 1), Convergence::undecided);
  EXPECT_EQ(judged({2, 1.6, 0.9, 0.5}, 1), Convergence::undecided);  // falls, but is still far
}

/// Distances between 20, 40, 80 and 160 steps on the mixture, and between two seeds.
Convergence judged_on_the_mixture(const char* sampler, const char* schedule, const char* noise) {
  const auto end = [&](int steps) {
    WorldRequest request{.world = "mixture", .shape = {4, 16, 16}, .seeds = {1, 2}};
    request.sampling = generate::completed_request(
        {{"sampler_name", sampler}, {"scheduler", schedule}, {"noise", noise}, {"steps", std::to_string(steps)}});
    const std::vector<float> values = sample_world(request).result;
    const auto half = values.begin() + std::ptrdiff_t(values.size() / 2);
    return latents({{values.begin(), half}, {half, values.end()}});
  };
  VariantRuns runs;
  for (const int steps : {20, 40, 80, 160}) runs.at.push_back(end(steps));
  return judged(step_doubling(runs), distance_between_seeds(runs.at.back(), 2));
}

TEST(Judgement, IsRightWhereTheTruthIsKnown) {
  for (const char* schedule : {"uniform", "karras"}) {
    for (const char* sampler : {"Euler", "Heun", "DPM2", "DPM++ 2M", "DDIM", "PLMS", "LMS"})
      EXPECT_EQ(judged_on_the_mixture(sampler, schedule, "Automatic"), Convergence::converges) << sampler << schedule;
    for (const char* sampler : {"Euler a", "DPM2 a", "DPM++ 2S a", "DPM++ SDE", "DPM++ 2M SDE"}) {
      EXPECT_EQ(judged_on_the_mixture(sampler, schedule, "brownian"), Convergence::converges) << sampler << schedule;
      EXPECT_EQ(judged_on_the_mixture(sampler, schedule, "sequential"), Convergence::does_not_converge)
          << sampler << schedule;
    }
  }
}

TEST(Judgement, ClustersByAverageDistance) {
  const std::vector<std::vector<double>> distances = {{0, 5, 0.1, 5}, {5, 0, 5, 0.2}, {0.1, 5, 0, 5}, {5, 0.2, 5, 0}};
  EXPECT_EQ(clusters(distances, 1), (std::vector<int>{0, 1, 0, 1}));
  EXPECT_EQ(clusters(distances, 0.15), (std::vector<int>{0, 1, 0, 2}));
  EXPECT_EQ(clusters(distances, 10), (std::vector<int>{0, 0, 0, 0}));
}

TEST(Judgement, StepsNeededFollowThePowerBetweenRuns) {
  const std::vector<int> steps = {5, 10, 20, 40};
  const Latents limit = latents({{10, 0}});
  const VariantRuns runs = away_from_ten({0.4f, 0.2f, 0.1f, 0.05f});
  EXPECT_NEAR(steps_needed(runs, steps, limit, 0.1), 20, 1e-4);
  EXPECT_NEAR(steps_needed(runs, steps, limit, 0.15), 10 * std::pow(2, std::log2(0.2 / 0.15)), 1e-4);
  EXPECT_EQ(steps_needed(runs, steps, limit, 0.5), 5);
  EXPECT_EQ(steps_needed(runs, steps, limit, 0.01), 0);
  // The limit is no evidence of itself.
  EXPECT_EQ(steps_needed(away_from_ten({0.4f, 0.3f, 0.3f, 0}), steps, limit, 0.1), 0);
  // Near once is not near for good.
  EXPECT_GT(steps_needed(away_from_ten({0.01f, 0.2f, 0.1f, 0.01f}), steps, limit, 0.05), 20);
}

TEST(Judgement, KendallsTau) {
  EXPECT_DOUBLE_EQ(kendall_tau({1, 2, 3}, {10, 20, 30}), 1);
  EXPECT_DOUBLE_EQ(kendall_tau({1, 2, 3}, {3, 2, 1}), -1);
  EXPECT_NEAR(kendall_tau({1, 1, 2}, {1, 2, 3}), 2 / std::sqrt(6.0), 1e-12);
  EXPECT_EQ(kendall_tau({1, 1}, {1, 2}), 0);
}

TEST(Judgement, RoughnessOfNoiseIsTwiceItsVariance) {
  std::vector<float> noise, slope;
  unsigned state = 1;
  for (int i = 0; i < 4096; ++i) {
    state = state * 1664525u + 1013904223u;
    noise.push_back(float(state >> 8) / float(1 << 24));
    slope.push_back(float(i % 64));
  }
  EXPECT_NEAR(roughness(latents({noise}), 64), 2, 0.1);
  EXPECT_LT(roughness(latents({slope}), 64), 0.01);
}

}  // namespace
}  // namespace darkroom::lab
