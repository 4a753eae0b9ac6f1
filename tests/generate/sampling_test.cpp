#include "generate/sampling.h"

#include <gtest/gtest.h>

#include "formats/support.h"
#include "generate/request_fields.h"

namespace darkroom::generate {
namespace {

using formats::expect_error;

Sampling sampling(const Settings& said) {
  static const diffusion::NoiseSchedule schedule;
  return sampling_of(completed_request(said), schedule, /*is_sdxl=*/false);
}

TEST(Sampling, FieldsBecomeOptions) {
  const Sampling found = sampling({{"sampler_name", "DPM adaptive"},
                                   {"s_churn", "3"},
                                   {"s_tmax", "5"},
                                   {"order", "2"},
                                   {"rtol", "0.01"},
                                   {"atol", "0.001"},
                                   {"s_noise", "1.1"}});
  EXPECT_EQ(found.options.s_churn, 3);
  EXPECT_EQ(found.options.s_tmax, 5);
  EXPECT_EQ(found.options.order, 2);
  EXPECT_EQ(found.options.relative_tolerance, 0.01);
  EXPECT_EQ(found.options.absolute_tolerance, 0.001);
  EXPECT_EQ(found.options.s_noise, 1.1);
  EXPECT_GT(sampling({}).options.s_tmax, 1e300);  // 0 = no limit
}

TEST(Sampling, LevelsFollowTheRequest) {
  const Sampling found = sampling({{"sigma_min", "0.1"}, {"sigma_max", "10"}, {"rho", "5"}, {"steps", "4"}});
  EXPECT_FLOAT_EQ(float(found.sigmas.front()), 10);
  EXPECT_FLOAT_EQ(float(found.sigmas[3]), 0.1f);
  const Sampling shorter = sampling({{"steps", "4"}, {"discard_next_to_last_sigma", "True"}});
  EXPECT_EQ(shorter.steps(), 4);
  EXPECT_GT(shorter.sigmas[3], 0.1);
}

TEST(Sampling, ProfilesSetWhatNobodySays) {
  EXPECT_EQ(sampling({{"sampler_name", "DPM fast"}}).options.eta, 0);
  EXPECT_EQ(sampling({{"sampler_name", "DPM fast"}, {"profile", "a1111-1.10"}}).options.eta, 1);
  EXPECT_EQ(sampling({{"sampler_name", "DPM fast"}, {"profile", "a1111-1.10"}, {"eta", "0"}}).options.eta, 0);
  EXPECT_FALSE(sampling({}).options.lms_extrapolates_to_zero);
  EXPECT_TRUE(sampling({{"profile", "kdiffusion"}}).options.lms_extrapolates_to_zero);
  EXPECT_EQ(sampling({{"sampler_name", "Euler a"}}).noise, diffusion::NoiseKind::brownian);
  EXPECT_EQ(sampling({{"sampler_name", "Euler a"}, {"noise", "sequential"}}).noise, diffusion::NoiseKind::sequential);
  EXPECT_EQ(sampling({{"sampler_name", "DPM++ SDE"}, {"profile", "kdiffusion"}}).noise, diffusion::NoiseKind::torchsde);
}

TEST(Sampling, RefusesOrdersThatASamplerCannotHave) {
  expect_error(ErrorKind::invalid_request, "has one order only", [] { sampling({{"order", "2"}}); });
  expect_error(ErrorKind::invalid_request, "can have 1 to 3, 4 was given", [] {
    sampling({{"sampler_name", "UniPC"}, {"order", "4"}});
  });
  expect_error(ErrorKind::invalid_request, "can have 2 to 3, 1 was given", [] {
    sampling({{"sampler_name", "DPM adaptive"}, {"order", "1"}});
  });
}

// samplers.md 4.4: every combination offered as a default is harmless; LMS with k-diffusion's ending is not.
TEST(Sampling, GainWarnsOfWhatBreaksPictures) {
  for (const diffusion::SamplerInfo& sampler : diffusion::samplers()) {
    for (const char* steps : {"25", "50", "100", "150"}) {
      if (sampler.default_schedule == "lcm" || sampler.default_schedule == "uniform") continue;
      EXPECT_LE(error_gain(sampling({{"sampler_name", sampler.name}, {"steps", steps}})), kMuchGain)
          << sampler.name << " " << steps;
    }
  }
  const Settings lms = {{"sampler_name", "LMS"}, {"scheduler", "karras"}, {"steps", "100"}};
  Settings old = lms;
  old["profile"] = "a1111-2022-12";
  EXPECT_NEAR(error_gain(sampling(old)) / 769.6, 1, 0.005);
  EXPECT_LE(error_gain(sampling(lms)), kMuchGain);
  EXPECT_GT(error_gain(sampling({{"sampler_name", "LMS"}, {"scheduler", "uniform"}, {"steps", "20"}})), 5);
  EXPECT_EQ(error_gain(sampling({{"sampler_name", "DPM adaptive"}})), 0);
}

}  // namespace
}  // namespace darkroom::generate
