#include "models/vae.h"

#include <gtest/gtest.h>

#include "models/random_weights.h"

namespace darkroom::models {
namespace {

VaeConfig tiny_vae() {
  return {.channels = {8, 8, 16, 16}, .res_blocks = 1, .groups = 4};
}

TEST(Vae, HasTheParametersOfThePublishedModel) {
  EXPECT_EQ(AutoencoderKL({}).parameter_count(), 83'653'863);
}

TEST(Vae, AnEighthOfTheSizeAndBack) {
  NoGrad guard;
  AutoencoderKL vae(tiny_vae());
  fill(vae, 4, 0.2);
  EXPECT_EQ(vae.config.reduction(), 8);
  const Posterior p = vae.encode(at::randn({2, 3, 24, 40}));
  EXPECT_EQ(p.mean.sizes(), (at::IntArrayRef{2, 4, 3, 5}));
  EXPECT_EQ(p.log_variance.sizes(), p.mean.sizes());
  EXPECT_EQ(vae.decode(p.mean).sizes(), (at::IntArrayRef{2, 3, 24, 40}));
}

TEST(Vae, LogVariancesAreClamped) {
  NoGrad guard;
  AutoencoderKL vae(tiny_vae());
  fill(vae, 4, 0.2);
  vae.quant_conv.bias.narrow(0, 4, 2).fill_(1e4), vae.quant_conv.bias.narrow(0, 6, 2).fill_(-1e4);
  const Tensor log_variance = vae.encode(at::zeros({1, 3, 8, 8})).log_variance.flatten();
  EXPECT_TRUE(at::equal(log_variance, at::tensor({20.f, 20.f, -30.f, -30.f})));
}

TEST(Vae, GradientsReachEveryParameter) {
  AutoencoderKL vae(tiny_vae());
  fill(vae, 4, 0.2);
  vae.require_gradients(true);
  const Posterior p = vae.encode(at::randn({1, 3, 16, 16}));
  (vae.decode(p.mean).square().sum() + p.log_variance.sum()).backward();
  for (const auto& [name, tensor] : vae.named_parameters()) EXPECT_TRUE(tensor->grad().defined()) << name;
}

}  // namespace
}  // namespace darkroom::models
