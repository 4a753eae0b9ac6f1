#include "lab/order.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "diffusion/samplers.h"
#include "lab/worlds.h"

namespace darkroom::lab {
namespace {

// samplers.md 4.3: the bands in which the measured order must lie.
TEST(Order, OfEverySampler) {
  const std::map<std::string, std::pair<double, double>> bands = {
      {"Euler", {.9, 1.3}},
      {"Euler a, eta 0", {.9, 1.3}},
      {"DDIM", {.9, 1.3}},
      {"DDIM CFG++", {.9, 1.3}},
      {"TCD", {.9, 1.3}},
      {"Heun", {1.9, 2.15}},
      {"DPM2", {1.9, 2.15}},
      {"DPM2 a, eta 0", {1.9, 2.15}},
      {"DPM++ 2M", {1.9, 2.15}},
      {"DPM++ 2M SDE, eta 0", {1.9, 2.15}},
      {"DPM++ 2M SDE Heun, eta 0", {1.9, 2.15}},
      {"DPM++ 2S a, eta 0", {1.9, 2.15}},
      {"DPM++ SDE, eta 0", {1.9, 2.15}},
      {"DPM++ 3M SDE, eta 0", {1.85, 2.15}},
      {"PLMS", {1.9, 2.15}},
      {"DEIS", {2.6, 2.8}},
      {"LMS", {2.9, 3.1}},
      {"DPM fast", {2.9, 3.1}},
      {"DPM adaptive", {2.8, 3.3}},
      {"DPM-Solver-3", {2.9, 3.2}},
      {"UniPC", {3.6, 4.1}},
      {"UniPC bh2", {3.6, 4.1}},
  };
  const std::vector<OrderRow> rows = measure_order();
  EXPECT_EQ(rows.size(), bands.size());
  for (const OrderRow& row : rows) {
    const auto band = bands.find(row.sampler);
    ASSERT_NE(band, bands.end()) << row.sampler;
    EXPECT_GE(row.order, band->second.first) << row.sampler;
    EXPECT_LE(row.order, band->second.second) << row.sampler;
    ASSERT_EQ(row.errors.size(), 6u);
    for (size_t i = 1; i < row.errors.size(); ++i) EXPECT_LT(row.errors[i], row.errors[i - 1]) << row.sampler;
  }
}

/// Order between 160 and 320 steps on the mixture, as measure_order() has it.
double order_of(diffusion::Sampler sample) {
  const auto error = [&](int n) {
    diffusion::Sigmas sigmas = diffusion::karras_sigmas(diffusion::NoiseSchedule(), n);
    sigmas.pop_back();
    const Tensor start = ((at::arange(16, at::kDouble) + 0.5) / 4 - 2) * sigmas[0];
    const Tensor end = sample(world_named("mixture").denoised, start, sigmas, {});
    double sum = 0;
    for (int i = 0; i < 16; ++i)
      sum += std::pow(end[i].item<double>() - mixture_flow(start[i].item<double>(), sigmas.front(), sigmas.back()), 2);
    return std::sqrt(sum);
  };
  return std::log2(error(160) / error(320));
}

// Mutations: mistakes that other programs shipped must fall out of the bands above. The first is what
// stable-diffusion.cpp did until its pull request 1435.
Tensor two_s_asked_at_the_wrong_level(const diffusion::Denoiser& denoise, Tensor x, const diffusion::Sigmas& sigmas,
                                      const diffusion::SampleOptions&) {
  for (size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const double sigma = sigmas[i], next = sigmas[i + 1], h = std::log(sigma / next), middle = sigma * std::exp(-h / 2);
    const Tensor denoised = denoise(x, sigma);
    const Tensor x_middle = x * (middle / sigma) - denoised * std::expm1(-h / 2);
    x = x * (next / sigma) - denoise(x_middle, next) * std::expm1(-h);
  }
  return x;
}

Tensor heun_with_its_second_slope_at_the_old_level(const diffusion::Denoiser& denoise, Tensor x,
                                                   const diffusion::Sigmas& sigmas, const diffusion::SampleOptions&) {
  for (size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const double sigma = sigmas[i], next = sigmas[i + 1];
    const Tensor d = (x - denoise(x, sigma)) / sigma, euler = x + d * (next - sigma);
    const Tensor d_next = (euler - denoise(euler, sigma)) / sigma;
    x = x + (d + d_next) / 2 * (next - sigma);
  }
  return x;
}

TEST(Order, MistakesAreFound) {
  EXPECT_NEAR(order_of(diffusion::sample_dpmpp_2m), 2.02, 0.02);
  EXPECT_LT(order_of(two_s_asked_at_the_wrong_level), 1.1);
  EXPECT_LT(order_of(heun_with_its_second_slope_at_the_old_level), 1.1);
}

}  // namespace
}  // namespace darkroom::lab
