#include "diffusion/run_noise.h"

#include "diffusion/worlds.h"

namespace darkroom::diffusion {
namespace {

const SamplerInfo& sampler(const char* name) {
  return choose_sampler(name).sampler;
}

TEST(RunNoise, APathOnlyWhereTheNoiseIsAPaths) {
  using enum NoiseKind;
  EXPECT_EQ(effective_noise(sampler("Euler a"), reference), sequential);
  EXPECT_EQ(effective_noise(sampler("DPM++ SDE"), reference), torchsde);
  EXPECT_EQ(effective_noise(sampler("Euler a"), brownian), brownian);
  EXPECT_EQ(effective_noise(sampler("Euler a"), torchsde), torchsde);
  EXPECT_EQ(effective_noise(sampler("DPM++ SDE"), sequential), sequential);
  // Noise that is put back: the same increment twice would not be new.
  for (const char* name : {"Restart", "LCM", "TCD", "Heun", "DPM++ 2M"})
    EXPECT_EQ(effective_noise(sampler(name), brownian), sequential) << name;
}

TEST(RunNoise, StartsFromTheSeedsNoiseWhateverItDrawsLater) {
  const Sigmas sigmas = karras_sigmas(NoiseSchedule(), 5);
  ImageNoise images({3}, {4, 2, 2});
  const Tensor first = images.first(), second = images.next();
  for (const NoiseKind kind : {NoiseKind::sequential, NoiseKind::torchsde, NoiseKind::brownian}) {
    RunNoise noise(sampler("Euler a"), kind, 1, {3}, {4, 2, 2}, sigmas);
    EXPECT_TRUE(noise.first().equal(first));
    const Tensor drawn = noise.source()(sigmas[0], sigmas[1]);
    EXPECT_EQ(drawn.sizes(), first.sizes());
    EXPECT_EQ(drawn.equal(second), kind == NoiseKind::sequential);
  }
}

// The end of levels that do not reach 0 is the path's end, as in the reference.
TEST(RunNoise, PathsReachTheLowestPositiveLevel) {
  const Sigmas sigmas = kl_optimal_sigmas(NoiseSchedule(), 5);
  RunNoise noise(sampler("DPM++ 2M SDE"), NoiseKind::torchsde, 1, {3}, {4, 16, 16}, sigmas);
  const Tensor last = noise.source()(sigmas[4], sigmas[5]);
  EXPECT_NEAR(last.square().mean().item<double>(), 1, 0.2);
}

TEST(RunNoise, EtaZeroNeedsNoPath) {
  const Sigmas sigmas = karras_sigmas(NoiseSchedule(), 5);
  RunNoise noise(sampler("DDIM"), NoiseKind::brownian, 0, {3}, {4, 2, 2}, sigmas);
  EXPECT_TRUE(noise.source()(sigmas[0], sigmas[1]).isfinite().all().item<bool>());
}

}  // namespace
}  // namespace darkroom::diffusion
