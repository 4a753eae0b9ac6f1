#include "diffusion/brownian.h"

#include <cmath>

#include "diffusion/worlds.h"

namespace darkroom::diffusion {
namespace {

TEST(BrownianNoise, IncrementsAreTorchsdes) {
  int compared = 0;
  for (const auto& run : golden("brownian.json")) {
    Sigmas sigmas;
    for (const float sigma : floats(run.at("sigmas"))) sigmas.push_back(sigma);
    BrownianNoise noise(run.at("seeds").get<std::vector<uint64_t>>(), run.at("shape"), sigmas,
                        random_source_named(run.at("source").get<std::string>()));
    const NoiseSource source = noise.source();
    for (size_t step = 0; step < run.at("increments").size(); ++step) {
      const Tensor found = source(sigmas[step], sigmas[step + 1]).flatten(1);
      for (int image = 0; image < 2; ++image, ++compared) {
        const Tensor expected = at::tensor(floats(run.at("increments")[step][image]));
        EXPECT_LE(largest_difference(found[image].narrow(0, 0, expected.size(0)), expected), 2e-6) << step;
      }
    }
  }
  EXPECT_GE(compared, 36);
}

TEST(BrownianPath, IncrementsAddUp) {
  BrownianPath path(7, {4, 8, 8}, 0.03, 14.6);
  const Tensor whole = path.increment(0.03, 14.6), low = path.increment(0.03, 1.3), high = path.increment(1.3, 14.6);
  EXPECT_LE(largest_difference(low + high, whole), 1e-5);
  EXPECT_TRUE(path.increment(2, 2).equal(at::zeros({4, 8, 8})));
}

TEST(BrownianPath, DependsNeitherOnTheOrderOfQuestionsNorOnForgetting) {
  BrownianPath a(7, {64}, 0.03, 14.6), b(7, {64}, 0.03, 14.6);
  const Tensor high = a.increment(3, 9), low = a.increment(0.5, 3);
  EXPECT_TRUE(b.increment(0.5, 3).equal(low));
  EXPECT_TRUE(b.increment(3, 9).equal(high));
  b.forget_above(0.03);
  EXPECT_TRUE(b.increment(3, 9).equal(high));
}

TEST(BrownianPath, HasUnitVariancePerTime) {
  double sum = 0, sum_of_products = 0;
  for (uint64_t seed = 0; seed < 40; ++seed) {
    BrownianPath path(seed, {1000}, 0.03, 14.6);
    const Tensor one = path.increment(1, 1.5) / std::sqrt(0.5), other = path.increment(1.5, 4) / std::sqrt(2.5);
    sum += one.square().mean().item<double>();
    sum_of_products += (one * other).mean().item<double>();
  }
  EXPECT_NEAR(sum / 40, 1, 4 * std::sqrt(2.0 / 40000));
  EXPECT_NEAR(sum_of_products / 40, 0, 4 / std::sqrt(40000.0));
}

TEST(BrownianNoise, AnImageDoesNotDependOnItsBatch) {
  const Sigmas sigmas = {4, 2, 1, 0};
  BrownianNoise both({5, 6}, {4, 2, 2}, sigmas), alone({6}, {4, 2, 2}, sigmas);
  EXPECT_TRUE(both.source()(4, 2)[1].equal(alone.source()(4, 2)[0]));
}

TEST(BrownianNoise, OneStepNeedsNoPath) {
  BrownianNoise noise({5}, {4, 2, 2}, {14.6, 0});
  const auto nothing = [] { BrownianNoise({5}, {4, 2, 2}, {0}); };
  expect_contains(error_of(ErrorKind::internal, nothing), "levels to go through");
}

}  // namespace
}  // namespace darkroom::diffusion
