#include "diffusion/virtual_brownian.h"

#include <cmath>

#include "diffusion/worlds.h"

namespace darkroom::diffusion {
namespace {

double clock_of(double sigma, double eta) {
  return -std::expm1(-2 * eta * std::log(sigma)) / (2 * eta);
}

TEST(VirtualBrownianPath, IncrementsAddUpInItsClock) {
  for (const double eta : {0.05, 0.5, 1.0, 2.0}) {
    VirtualBrownianPath path(7, 256, eta);
    const double levels[] = {14.6, 3.0, 0.4, 0.03};
    const auto whole = path.increment(levels[0], levels[3]);
    std::vector<double> sum(256);
    for (int k = 0; k < 3; ++k) {
      const auto part = path.increment(levels[k], levels[k + 1]);
      const double length = std::sqrt(clock_of(levels[k], eta) - clock_of(levels[k + 1], eta));
      for (int i = 0; i < 256; ++i) sum[i] += part[i] * length;
    }
    const double length = std::sqrt(clock_of(levels[0], eta) - clock_of(levels[3], eta));
    for (int i = 0; i < 256; ++i) EXPECT_NEAR(sum[i] / length, whole[i], 3e-5) << eta;
  }
}

TEST(VirtualBrownianPath, DependsNeitherOnTheOrderOfQuestionsNorOnTheSizeOfTheLatent) {
  VirtualBrownianPath a(7, 64), b(7, 64), larger(7, 200);
  const auto high = a.increment(9, 3), low = a.increment(3, 0.5);
  EXPECT_EQ(b.increment(3, 0.5), low);
  EXPECT_EQ(b.increment(9, 3), high);
  EXPECT_EQ(b.increment(3, 9), high);
  const auto more = larger.increment(9, 3);
  EXPECT_TRUE(std::equal(high.begin(), high.end(), more.begin()));
  EXPECT_NE(VirtualBrownianPath(8, 64).increment(9, 3), high);
  const auto second_half = VirtualBrownianPath(7, 32, 1, 32).increment(9, 3);
  EXPECT_TRUE(std::equal(second_half.begin(), second_half.end(), high.begin() + 32));
}

// From its definition, by a script that shares no line with it. Weights near the ends cancel to a few float32 ulps.
TEST(VirtualBrownianPath, IsWhatItsDefinitionSays) {
  for (const auto& row : golden("virtual_brownian.json")) {
    const std::vector<double> expected = row.at("increments");
    VirtualBrownianPath path(row.at("seed").get<uint64_t>(), int64_t(expected.size()), row.at("eta"));
    const auto found = path.increment(row.at("sigma"), row.at("next"));
    for (size_t i = 0; i < expected.size(); ++i)
      EXPECT_NEAR(found[i], expected[i], row.at("sigma").get<double>() < 0.1 ? 2e-3 : 2e-5) << row.dump();
  }
}

TEST(VirtualBrownianPath, IncrementsAreUnitNormalAndIndependent) {
  double sum = 0, squares = 0, products = 0, fourth = 0;
  constexpr int kSeeds = 60, kElements = 1000, kCount = kSeeds * kElements;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    VirtualBrownianPath path(seed, kElements);
    const auto one = path.increment(1.5, 1), other = path.increment(1, 0.99);
    for (int i = 0; i < kElements; ++i) {
      sum += one[i];
      squares += double(one[i]) * one[i];
      fourth += std::pow(double(one[i]), 4);
      products += double(one[i]) * other[i];
    }
  }
  EXPECT_NEAR(sum / kCount, 0, 4 / std::sqrt(double(kCount)));
  EXPECT_NEAR(squares / kCount, 1, 4 * std::sqrt(2.0 / kCount));
  EXPECT_NEAR(fourth / kCount, 3, 4 * std::sqrt(96.0 / kCount));
  EXPECT_NEAR(products / kCount, 0, 4 / std::sqrt(double(kCount)));
}

TEST(VirtualBrownianPath, EveryLevelOfEveryModelIsInside) {
  VirtualBrownianPath path(3, 8);
  for (const auto& [from, to] : {std::pair(4519.0, 0.0292), {1e6, 1e-6}, {1.0, 1.0}, {1.0000001, 1.0}}) {
    for (const float value : path.increment(from, to)) EXPECT_TRUE(std::isfinite(value) && std::abs(value) < 8) << from;
  }
  expect_contains(error_of(ErrorKind::internal, [] { VirtualBrownianPath(1, 8, 0); }), "eta must be above 0");
}

TEST(VirtualBrownianNoise, ABatchIsItsImages) {
  VirtualBrownianNoise both({5, 6}, {4, 2, 2}), alone({6}, {4, 2, 2});
  EXPECT_TRUE(both.source()(4, 2)[1].equal(alone.source()(4, 2)[0]));
}

// In the reverse process' own clock the noise of two steps is that of one, so a constant answer ends in one place after
// any number of steps.
TEST(VirtualBrownianNoise, NumberOfStepsDoesNotMatterWhereTheAnswerIsConstant) {
  const Denoiser point = [](const Tensor& x, double) { return at::full_like(x, 0.5); };
  const auto end = [&](int n, Sampler sample) {
    VirtualBrownianNoise noise({11}, {1, 8, 8});
    Sigmas sigmas = karras_sigmas(NoiseSchedule(), n);
    sigmas.pop_back();
    return sample(point, at::zeros({1, 1, 8, 8}) * sigmas[0], sigmas, {.noise = noise.source()});
  };
  for (const Sampler sample :
       {sample_euler_ancestral, sample_dpmpp_2s_ancestral, sample_dpmpp_sde, sample_dpmpp_2m_sde}) {
    const Tensor reference = end(10, sample_euler_ancestral);
    for (const int n : {10, 40, 160}) EXPECT_LE(largest_difference(end(n, sample), reference), 3e-5) << n;
  }
}

/// Root mean square distance between the results of n and 2n steps, on the mixture.
double step_doubling(Sampler sample, NoiseKind kind, int n) {
  const SamplerInfo info{.name = "", .sample = sample, .noise = NoiseUse::path};
  const auto end = [&](int steps) {
    const Sigmas sigmas = karras_sigmas(NoiseSchedule(), steps);
    RunNoise noise(info, kind, 1, {1, 2, 3, 4}, {4, 8, 8}, sigmas);
    const Tensor start = noise.first() * sigmas[0];
    return sample(Mixture::denoised, start, sigmas, {.noise = noise.source()});
  };
  return (end(n) - end(2 * n)).square().mean().sqrt().item<double>();
}

// Issue 4: stochastic samplers on a Brownian path converge, with fresh noise they do not.
TEST(VirtualBrownianNoise, StochasticSamplersConvergeOnAPath) {
  for (const Sampler sample : {sample_euler_ancestral, sample_dpm_2_ancestral, sample_dpmpp_2s_ancestral,
                               sample_dpmpp_sde, sample_dpmpp_2m_sde, sample_dpmpp_3m_sde}) {
    const double first = step_doubling(sample, NoiseKind::brownian, 80);
    const double second = step_doubling(sample, NoiseKind::brownian, 160);
    const double third = step_doubling(sample, NoiseKind::brownian, 320);
    EXPECT_GE(first / second, 1.3);  // single values that change modes are not small numbers
    EXPECT_GE(first / third, 1.6 * 1.6);
    const double fresh = step_doubling(sample, NoiseKind::sequential, 320);
    EXPECT_GT(fresh, 0.5);
    EXPECT_LT(third, 0.1 * fresh);
  }
}

}  // namespace
}  // namespace darkroom::diffusion
