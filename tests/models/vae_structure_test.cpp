#include "models/vae.h"

#include <gtest/gtest.h>

#include "layers/bf16_kernels.h"
#include "layers/circular_padding.h"
#include "layers/tensor_memory.h"
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

TEST(Vae, StripsAreTheWhole) {
  NoGrad guard;
  AutoencoderKL vae({.channels = {32, 32, 64, 64}, .res_blocks = 1, .groups = 8});
  fill(vae, 4, 0.2);
  // Several strips at each level; an odd number of rows; widths of which 64 rows are no whole tiles.
  for (const auto& [height, width] : {std::pair(80, 16), std::pair(37, 24), std::pair(70, 9)}) {
    // Bright above and dark below: statistics of a strip alone would be others.
    const Tensor latents = at::randn({2, 4, height, width}) + at::linspace(-3, 3, height).view({1, 1, -1, 1});
    vae.decoding = VaeDecoding::whole;
    const Tensor whole = vae.decode(latents);
    vae.decoding = VaeDecoding::strips;
    const Tensor strips = vae.decode(latents);
    ASSERT_EQ(strips.sizes(), whole.sizes());
    EXPECT_LT((strips - whole).abs().max().item<float>(), 1e-5 * whole.abs().max().item<float>()) << height;
    vae.decoding = VaeDecoding::automatic;
    EXPECT_TRUE(vae.decode(latents).equal(whole)) << "small pictures are not worth it";
  }
}

TEST(Vae, StripsInBf16AreTheWholeToTheLastBit) {
  NoGrad guard;
  layers::use_bf16_kernels(layers::Bf16Kernels::in_vectors);
  AutoencoderKL vae({.channels = {32, 32, 64, 64}, .res_blocks = 1, .groups = 8});
  fill(vae, 4, 0.2);
  for (auto& [name, tensor] : vae.named_parameters()) *tensor = tensor->to(at::kBFloat16);
  const Tensor slope = at::linspace(-3, 3, 37).view({1, 1, -1, 1});
  const Tensor latents = (at::randn({2, 4, 37, 24}) + slope).to(at::kBFloat16);
  ASSERT_TRUE(vae.decoder.can_use_strips(latents));
  vae.decoding = VaeDecoding::whole;
  const Tensor whole = vae.decode(latents);
  vae.decoding = VaeDecoding::strips;
  EXPECT_TRUE(vae.decode(latents).equal(whole));
  layers::use_bf16_kernels(layers::Bf16Kernels::of_processor);
}

TEST(Vae, StripsAreLeftOutWhereTheyCannotCompute) {
  AutoencoderKL vae(tiny_vae());
  fill(vae, 4, 0.2);
  const Tensor latents = at::randn({1, 4, 8, 8});
  EXPECT_FALSE(vae.decoder.can_use_strips(latents)) << "gradients";
  NoGrad guard;
  EXPECT_TRUE(vae.decoder.can_use_strips(latents));
  EXPECT_FALSE(vae.decoder.can_use_strips(latents.to(at::kBFloat16))) << "weights of another type";
  const layers::CircularPadding wraps(true);
  EXPECT_FALSE(vae.decoder.can_use_strips(latents));
}

TEST(Vae, StripsTakeLittleMoreThanOnePicture) {
  NoGrad guard;
  layers::use_tensor_memory();
  AutoencoderKL vae({.channels = {32, 64, 64, 64}, .res_blocks = 1, .groups = 8});
  fill(vae, 4, 0.2);
  const Tensor latents = at::randn({1, 4, 96, 64});
  const size_t largest = size_t(64 * 768 * 512 * 4);  // of all pictures inside
  const auto most_of = [&](VaeDecoding decoding) {
    vae.decoding = decoding;
    const size_t before = layers::tensor_memory().in_use;
    layers::watch_tensor_memory();
    vae.decode(latents);
    return layers::tensor_memory().most_in_use - before;
  };
  EXPECT_LT(most_of(VaeDecoding::strips), largest + largest / 2);
  EXPECT_GT(most_of(VaeDecoding::whole), 2 * largest);
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
