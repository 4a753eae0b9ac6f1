#include "diffusion/parameterization.h"

#include <gtest/gtest.h>

#include <cmath>

#include "diffusion/golden.h"
#include "diffusion/torch_random.h"
#include "diffusion/worlds.h"

namespace darkroom::diffusion {
namespace {

constexpr Prediction kAll[] = {Prediction::epsilon, Prediction::v, Prediction::sample};
constexpr double kLevels[] = {0.0291675329, 0.5, 1, 14.6146421};

struct Pair {
  Tensor x0, noise;
};

Pair random_pair() {
  at::Generator generator = torch_generator(7);
  Tensor x0 = torch_randn({2, 4, 3, 5}, generator).to(at::kDouble);
  return {x0, torch_randn({2, 4, 3, 5}, generator).to(at::kDouble)};
}

Tensor levels(double sigma) {
  return at::full({2}, sigma, at::kDouble);
}

TEST(Parameterization, DenoisedOfTargetIsTheCleanLatent) {
  const auto [x0, noise] = random_pair();
  for (const Prediction prediction : kAll) {
    for (const double sigma : kLevels) {
      const Tensor x = x0 + noise * sigma;
      const Tensor output = target(prediction, x0, noise, levels(sigma));
      EXPECT_LE(largest_difference(denoised(prediction, output, x, sigma), x0), 1e-12) << prediction_name(prediction);
    }
  }
}

TEST(Parameterization, TrainingSeesWhatSamplingFeeds) {
  const auto [x0, noise] = random_pair();
  const NoiseSchedule schedule;
  for (const int t : {0, 250, 999}) {
    const double sigma = schedule.sigmas()[t], alphas_cumprod = schedule.alphas_cumprod()[t];
    const Tensor made = noised_input(x0, noise, levels(sigma));
    EXPECT_LE(largest_difference(made, (x0 + noise * sigma) * input_scale(sigma)), 1e-12);
    // q(x_t | x0) of the training-time process
    const Tensor x_t = x0 * std::sqrt(alphas_cumprod) + noise * std::sqrt(1 - alphas_cumprod);
    EXPECT_LE(largest_difference(made, x_t), 1e-6) << t;
    const Tensor v = noise * std::sqrt(alphas_cumprod) - x0 * std::sqrt(1 - alphas_cumprod);
    EXPECT_LE(largest_difference(target(Prediction::v, x0, noise, levels(sigma)), v), 1e-6) << t;
  }
}

TEST(Parameterization, EachImageHasItsOwnLevel) {
  const auto [x0, noise] = random_pair();
  const Tensor both = at::tensor({0.5, 3.0}, at::kDouble);
  for (const Prediction prediction : kAll) {
    const Tensor together = target(prediction, x0, noise, both);
    EXPECT_TRUE(together[0].equal(target(prediction, x0, noise, levels(0.5))[0]));
    EXPECT_TRUE(together[1].equal(target(prediction, x0, noise, levels(3))[1]));
  }
  EXPECT_TRUE(noised_input(x0, noise, both)[1].equal(noised_input(x0, noise, levels(3))[1]));
  EXPECT_THROW(noised_input(x0, noise, at::ones({3}, at::kDouble)), c10::Error);
}

TEST(Parameterization, OutputOfLowerPrecisionIsWidened) {
  const Tensor x = at::ones({1, 1, 2, 2}), output = at::full({1, 1, 2, 2}, 0.5, at::kBFloat16);
  for (const Prediction prediction : kAll) EXPECT_EQ(denoised(prediction, output, x, 2).scalar_type(), at::kFloat);
  EXPECT_EQ(denoised(Prediction::epsilon, output, x, 2).max().item<float>(), 0);
}

TEST(Parameterization, NetworkDenoiserScalesLooksUpAndReads) {
  const NoiseSchedule schedule;
  const Tensor x = at::full({3, 1, 2, 2}, 8.0);
  Tensor seen_x, seen_t;
  const Network network = [&](const Tensor& input, const Tensor& t) {
    seen_x = input, seen_t = t;
    return at::full_like(input, 0.25);
  };
  const Tensor result = network_denoiser(network, schedule, Prediction::epsilon)(x, 2.0);
  EXPECT_NEAR(seen_x.max().item<double>(), 8 / std::sqrt(5.0), 1e-6);
  EXPECT_EQ(seen_t.sizes(), (std::vector<int64_t>{3}));
  EXPECT_EQ(seen_t.scalar_type(), at::kFloat);
  EXPECT_NEAR(seen_t[2].item<double>(), 562.286011, 5e-3);
  EXPECT_NEAR(result.max().item<double>(), 8 - 2 * 0.25, 1e-6);

  network_denoiser(network, schedule, Prediction::v, TimestepRounding::nearest)(x, 2.0);
  EXPECT_EQ(seen_t[0].item<float>(), 562);
}

TEST(Parameterization, AnExactNetworkIsAnExactDenoiser) {
  // For data N(0, 1), E[noise | x] = x sigma / (1 + sigma^2) and the denoiser is known.
  const NoiseSchedule schedule;
  const Tensor x = at::linspace(-20, 20, 8, at::kFloat).view({1, 1, 2, 4});
  for (const double sigma : kLevels) {
    const double scale = input_scale(sigma);
    const Network eps = [&](const Tensor& input, const Tensor&) { return input * (sigma * scale); };
    const Network v = [](const Tensor& input, const Tensor&) { return at::zeros_like(input); };
    const Tensor expected = gaussian_denoised(x, sigma);
    EXPECT_LE(largest_difference(network_denoiser(eps, schedule, Prediction::epsilon)(x, sigma), expected), 5e-6);
    EXPECT_LE(largest_difference(network_denoiser(v, schedule, Prediction::v)(x, sigma), expected), 5e-6);
  }
}

TEST(Parameterization, Names) {
  for (const Prediction prediction : kAll) EXPECT_EQ(prediction_named(prediction_name(prediction)), prediction);
  expect_contains(error_of(ErrorKind::invalid_request, [] { prediction_named("score"); }), "\"score\"");
}

}  // namespace
}  // namespace darkroom::diffusion
