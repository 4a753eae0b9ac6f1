#include "train/initialise.h"

#include <gtest/gtest.h>

#include "train/random.h"

namespace darkroom::train {
namespace {

at::Generator seeded() {
  return generator_for(1, Purpose::initial_weights, 0);
}

TEST(Initialise, VaeStartsWithContrastThatGroupNormKeeps) {
  models::AutoencoderKL vae({.channels = {8, 16}, .res_blocks = 1, .groups = 2});
  at::Generator generator = seeded();
  initialise(vae, generator);
  EXPECT_TRUE(at::equal(vae.encoder.conv_in.bias, at::tensor({1.f, -1.f, 1.f, -1.f, 1.f, -1.f, 1.f, -1.f})));
  EXPECT_EQ(vae.encoder.down[0].block[0].conv2.weight.abs().max().item<float>(), 0);
  // A flat picture must not lose its level on the way: two greys give different reconstructions.
  NoGrad guard;
  const auto decoded = [&](float level) { return vae.decode(vae.encode(at::full({1, 3, 16, 16}, level)).mean); };
  EXPECT_GT((decoded(0.8f) - decoded(-0.8f)).abs().mean().item<float>(), 0.01);
}

TEST(Initialise, UnetStartsAsZeroAndStillLearns) {
  models::UNet unet(
      {.channels = {16, 32}, .res_blocks = 1, .depth = {0, 1}, .heads = {1, 2}, .context = 8, .groups = 8});
  at::Generator generator = seeded();
  initialise(unet, generator);
  unet.require_gradients(true);
  const Tensor y = unet.forward(at::randn({2, 4, 8, 8}), at::tensor({1.f, 500.f}), {at::randn({2, 5, 8}), {}});
  EXPECT_EQ(y.abs().max().item<float>(), 0);
  (y - 1).square().mean().backward();
  EXPECT_GT(unet.out_conv.weight.grad().abs().max().item<float>(), 0);
}

TEST(Initialise, TextStartsAsNormalisedWordVectors) {
  models::ClipText text({.vocabulary = 50, .width = 16, .inner = 32, .layers = 2, .heads = 2, .positions = 9});
  at::Generator generator = seeded();
  initialise(text, generator);
  const Tensor ids = at::tensor({3, 4, 5}, at::kLong).view({1, 3});
  NoGrad guard;
  EXPECT_TRUE(at::equal(text.hidden_state(ids, 0), text.embeddings.forward(ids, at::kFloat)));
  EXPECT_NEAR(text.embeddings.token.std().item<float>(), 1.0, 0.1);
  EXPECT_NEAR(text.embeddings.position.std().item<float>(), 0.1, 0.02);
}

TEST(Initialise, FillsEveryParameterAndDependsOnTheSeedAlone) {
  const auto values = [](uint64_t seed) {
    models::ClipText text({.vocabulary = 20, .width = 8, .inner = 16, .layers = 1, .heads = 2, .positions = 5});
    for (auto& [name, tensor] : text.named_parameters()) tensor->fill_(NAN);
    at::Generator generator = generator_for(seed, Purpose::initial_weights, 0);
    initialise(text, generator);
    std::vector<Tensor> flat;
    for (auto& [name, tensor] : text.named_parameters()) flat.push_back(tensor->flatten());
    return at::cat(flat);
  };
  EXPECT_TRUE(values(1).isfinite().all().item<bool>());
  EXPECT_TRUE(at::equal(values(1), values(1)));
  EXPECT_FALSE(at::equal(values(1), values(2)));
}

}  // namespace
}  // namespace darkroom::train
