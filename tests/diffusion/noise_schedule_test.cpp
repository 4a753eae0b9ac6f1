#include "diffusion/noise_schedule.h"

#include <gtest/gtest.h>

#include <cmath>

#include "diffusion/golden.h"

namespace darkroom::diffusion {
namespace {

TEST(NoiseSchedule, TablesAreTheReferencesBits) {
  const NoiseSchedule schedule;
  ASSERT_EQ(schedule.timesteps(), 1000);
  for (const auto& [t, value] : golden("sigmas.json").at("alphas_cumprod").items())
    EXPECT_EQ(schedule.alphas_cumprod()[std::stoi(t)], value.get<float>()) << t;
  for (const auto& [t, value] : golden("sigmas.json").at("sigma").items())
    EXPECT_EQ(schedule.sigmas()[std::stoi(t)], value.get<float>()) << t;
  EXPECT_EQ(float(schedule.sigma_min()), 0.0291675329f);
  EXPECT_EQ(float(schedule.sigma_max()), 14.6146421f);
}

TEST(NoiseSchedule, SigmaOfTIsTheReferencesBits) {
  const NoiseSchedule schedule;
  for (const auto& pair : golden("sigmas.json").at("t_to_sigma"))
    EXPECT_EQ(float(schedule.sigma(pair[0].get<float>())), pair[1].get<float>()) << pair;
}

TEST(NoiseSchedule, TOfSigma) {
  const NoiseSchedule schedule;
  for (const auto& pair : golden("sigmas.json").at("sigma_to_t")) {
    const double expected = pair[1];
    EXPECT_NEAR(schedule.t(pair[0]), expected, 1e-5 * expected) << pair;
    EXPECT_EQ(schedule.nearest_t(pair[0]), std::lround(expected)) << pair;
  }
}

TEST(NoiseSchedule, TUndoesSigma) {
  const NoiseSchedule schedule;
  for (double t = 0; t <= 999; t += 7.3) EXPECT_NEAR(schedule.t(schedule.sigma(t)), t, 1e-3);
  for (int t = 0; t < 1000; t += 27) EXPECT_EQ(schedule.nearest_t(schedule.sigmas()[t]), t);
}

TEST(NoiseSchedule, TStaysInTheTable) {
  const NoiseSchedule schedule;
  EXPECT_EQ(schedule.t(1e-4), 0);
  EXPECT_EQ(schedule.t(1e4), 999);
  EXPECT_EQ(schedule.nearest_t(1e-4), 0);
  EXPECT_EQ(schedule.nearest_t(1e4), 999);
}

TEST(NoiseSchedule, LinearBetas) {
  const NoiseSchedule schedule({.curve = BetaCurve::linear, .beta_start = 1e-4, .beta_end = 0.02, .timesteps = 4});
  // 1 - beta: 0.9999, 0.993266667, 0.986633333, 0.98
  EXPECT_NEAR(schedule.alphas_cumprod()[0], 0.9999, 1e-7);
  EXPECT_NEAR(schedule.alphas_cumprod()[1], 0.9999 * 0.9932666667, 1e-7);
  EXPECT_NEAR(schedule.alphas_cumprod()[3], 0.9999 * 0.9932666667 * 0.9866333333 * 0.98, 1e-7);
  EXPECT_NEAR(schedule.sigma_max(), std::sqrt(1 / (0.9999 * 0.9932666667 * 0.9866333333 * 0.98) - 1), 1e-6);
}

// numpy's float16: a = cumprod(1 - betas) in float64, then sqrt((1 - a) / a) with every operation in float16.
TEST(NoiseSchedule, DowncastIsHalfPrecisionThroughout) {
  const NoiseSchedule half({.downcast = true});
  const std::vector<std::pair<size_t, float>> expected = {{0, 0.03125f},         {1, 0.038299560546875f},
                                                          {250, 0.69580078125f}, {500, 1.6181640625f},
                                                          {900, 8.3515625f},     {999, 14.609375f}};
  for (const auto& [t, sigma] : expected) EXPECT_EQ(half.sigmas()[t], sigma) << t;
  EXPECT_NEAR(half.sigma(999), 14.609041, 1e-6);  // through a logarithm in float16
  EXPECT_NEAR(half.sigma(0), 0.0312778912, 1e-9);
}

TEST(NoiseSchedule, ZeroTerminalSnr) {
  const NoiseSchedule plain, schedule({.zero_terminal_snr = true});
  EXPECT_FLOAT_EQ(schedule.alphas_cumprod().front(), plain.alphas_cumprod().front());
  EXPECT_EQ(schedule.alphas_cumprod().back(), 4.8973451890853435e-08f);
  EXPECT_NEAR(schedule.sigma_max(), std::sqrt(1 / 4.8973451890853435e-08), 0.01);
  const double a0 = std::sqrt(plain.alphas_cumprod()[0]), last = std::sqrt(plain.alphas_cumprod()[999]);
  const double root = (std::sqrt(plain.alphas_cumprod()[500]) - last) * a0 / (a0 - last);
  EXPECT_NEAR(schedule.alphas_cumprod()[500], root * root, 1e-6);
}

TEST(NoiseSchedule, RefusesWhatIsNoSchedule) {
  const auto refused = [](NoiseScheduleConfig config, const std::string& part) {
    expect_contains(error_of(ErrorKind::invalid_request, [&] { NoiseSchedule{config}; }), part);
  };
  refused({.timesteps = 1}, "timesteps must be from 2 to 100000, but is 1");
  refused({.timesteps = 2'000'000'000}, "timesteps");
  refused({.beta_start = 0}, "beta_start");
  refused({.beta_start = -1}, "beta_start");
  refused({.beta_start = 0.5, .beta_end = 0.1}, "beta_start");
  refused({.beta_end = 1}, "beta_start");
  refused({.beta_end = NAN}, "beta_start");
  refused({.beta_start = 1e-30, .beta_end = 1e-29}, "must be finite and grow");
  refused({.beta_start = 0.9, .beta_end = 0.9, .timesteps = 1000}, "must be finite and grow");
  expect_contains(error_of(ErrorKind::invalid_request, [] { beta_curve_named("cosine"); }), "\"cosine\"");
  EXPECT_EQ(beta_curve_named("linear"), BetaCurve::linear);
  EXPECT_EQ(beta_curve_named("scaled_linear"), BetaCurve::scaled_linear);
}

TEST(NoiseSchedule, LooksUpNothingOutsideItsDomain) {
  const NoiseSchedule schedule;
  for (const double t : {-0.1, 999.1, double(NAN)}) error_of(ErrorKind::internal, [&] { schedule.sigma(t); });
  for (const double sigma : {0.0, -1.0, 1e-300, 1e300, double(NAN), double(INFINITY)}) {
    error_of(ErrorKind::internal, [&] { schedule.t(sigma); });
    error_of(ErrorKind::internal, [&] { schedule.nearest_t(sigma); });
  }
}

}  // namespace
}  // namespace darkroom::diffusion
