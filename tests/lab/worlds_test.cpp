#include "lab/worlds.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "base/error.h"

namespace darkroom::lab {
namespace {

// A denoiser is the score's: (D - x) / sigma² is the slope of the noised data's log density.
TEST(Worlds, MixtureIsThePosteriorMeanOfItsDensity) {
  const double weights[] = {0.3, 0.5, 0.2}, means[] = {-1.5, 0.2, 1.8}, deviations[] = {0.25, 0.4, 0.15};
  const auto log_density = [&](double x, double sigma) {
    double sum = 0;
    for (int k = 0; k < 3; ++k) {
      const double variance = deviations[k] * deviations[k] + sigma * sigma;
      sum += weights[k] / std::sqrt(variance) * std::exp(-(x - means[k]) * (x - means[k]) / (2 * variance));
    }
    return std::log(sum);
  };
  for (const double sigma : {0.1, 1.0, 5.0}) {
    for (const double x : {-2.0, 0.3, 1.7}) {
      const double slope = (log_density(x + 1e-5, sigma) - log_density(x - 1e-5, sigma)) / 2e-5;
      const Tensor found = world_named("mixture").denoised(at::full({1}, x, at::kDouble), sigma);
      EXPECT_NEAR(found.item<double>(), x + sigma * sigma * slope, 1e-6 * (1 + sigma * sigma));
    }
  }
}

TEST(Worlds, OthersAreTheirFormulas) {
  const Tensor x = at::full({1}, 2.0, at::kDouble);
  EXPECT_DOUBLE_EQ(world_named("gaussian").denoised(x, 3).item<double>(), 0.2);
  EXPECT_DOUBLE_EQ(world_named("point").denoised(x, 3).item<double>(), 0.5);
  EXPECT_DOUBLE_EQ(world_named("tanh").denoised(x, 0.5).item<double>(), (0.5 + 0.25 * std::tanh(4.0)) / 0.5);
}

TEST(Worlds, UnknownNamesListTheKnown) {
  try {
    world_named("flat");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::invalid_request);
    for (const World& world : worlds()) EXPECT_NE(std::string(error.what()).find(world.name), std::string::npos);
  }
}

}  // namespace
}  // namespace darkroom::lab
