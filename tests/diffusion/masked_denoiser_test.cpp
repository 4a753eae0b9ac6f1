#include "diffusion/masked_denoiser.h"

#include "diffusion/parameterization.h"
#include "diffusion/samplers.h"
#include "diffusion/worlds.h"

namespace darkroom::diffusion {
namespace {

struct MaskScene {
  Tensor x, kept, share = at::zeros({1, 1, 4, 4});
  MaskScene() {
    at::manual_seed(11);
    x = at::randn({2, 4, 4, 4}) * 3;
    kept = at::randn({2, 4, 4, 4});
    share.slice(3, 0, 2).fill_(1);
  }
  LatentMask mask() const { return {share, kept}; }
};

Tensor halved(const Tensor& x, double sigma) {
  return x / (1 + sigma);
}

TEST(MaskedDenoiser, AnswersWhatIsKeptAndWhatTheNetworkSays) {
  const MaskScene scene;
  Tensor unconditional = scene.x;
  const Tensor found = masked_answer(halved, scene.mask(), &unconditional)(scene.x, 2);
  EXPECT_TRUE(found.slice(3, 0, 2).equal(halved(scene.x, 2).slice(3, 0, 2)));
  EXPECT_TRUE(found.slice(3, 2, 4).equal(scene.kept.slice(3, 2, 4)));
  EXPECT_TRUE(unconditional.slice(3, 2, 4).equal(scene.kept.slice(3, 2, 4)));
}

// A1111's formula in the network's scaling: eps = network(x_t * m + kept * (1 - m)), applied to the unmasked x_t.
TEST(MaskedDenoiser, InputIsMaskedInTheNetworksScaling) {
  const MaskScene scene;
  const double sigma = 2, c = input_scale(sigma);
  Tensor seen;
  const Denoiser watched = [&](const Tensor& x, double s) {
    seen = x * input_scale(s);
    return halved(x, s);
  };
  const Tensor found = masked_input(watched, scene.mask())(scene.x, sigma);
  const Tensor shown = scene.x * c * scene.share + scene.kept * (1 - scene.share);
  EXPECT_TRUE(seen.allclose(shown, 1e-5, 1e-6));
  const Tensor eps = (shown / c - halved(shown / c, sigma)) / sigma;
  EXPECT_TRUE(((scene.x - found) / sigma).allclose(eps, 1e-4, 1e-5));
}

TEST(MaskedDenoiser, AMaskOfOnesIsNoMask) {
  MaskScene scene;
  scene.share.fill_(1);
  for (const auto& wrapped : {masked_answer(halved, scene.mask()), masked_input(halved, scene.mask())})
    EXPECT_TRUE(wrapped(scene.x, 3).allclose(halved(scene.x, 3), 1e-6, 1e-6));
}

TEST(MaskedDenoiser, EverySamplerEndsWithWhatIsKept) {
  MaskScene scene;
  const NoiseSchedule schedule;
  for (const SamplerInfo& sampler : samplers()) {
    if (sampler.adapts_to_latent) continue;
    SampleOptions options;
    options.eta = 0;
    options.noise = [&](double, double) { return at::zeros_like(scene.x); };
    options.schedule = &schedule;
    const Sigmas sigmas = karras_sigmas(schedule, 12);
    const Tensor start = scene.kept + scene.x * sigmas[0];
    const Tensor end = sampler.sample(masked_answer(halved, scene.mask()), start, sigmas, options);
    const Tensor off = (end - scene.kept).slice(3, 2, 4).abs().max();
    EXPECT_LT(off.item<double>(), 2e-3) << sampler.name;  // float32 sums of numbers up to 40
  }
}

}  // namespace
}  // namespace darkroom::diffusion
