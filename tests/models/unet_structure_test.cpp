#include "models/unet.h"

#include <gtest/gtest.h>

#include <set>

#include "layers/fast_paths.h"
#include "models/random_weights.h"

namespace darkroom::models {
namespace {

UNetConfig tiny_unet() {
  return {
      .channels = {16, 32}, .res_blocks = 1, .depth = {0, 1}, .heads = {2, 4}, .context = 8, .vector = 12, .groups = 8};
}

Conditioning conditioning(int64_t batch) {
  return {at::randn({batch, 5, 8}), at::randn({batch, 12})};
}

TEST(UNet, HasTheParametersOfThePublishedModels) {
  EXPECT_EQ(UNet({}).parameter_count(), 859'520'964);  // SD 1.5
  EXPECT_EQ(UNet({.heads = {5, 10, 20, 20}, .context = 1024, .linear_projections = true}).parameter_count(),
            865'910'724);  // SD 2.1
  EXPECT_EQ(UNet({.channels = {320, 640, 1280},
                  .depth = {0, 2, 10},
                  .middle_depth = 10,
                  .heads = {5, 10, 20},
                  .context = 2048,
                  .vector = 2816,
                  .linear_projections = true})
                .parameter_count(),
            2'567'463'684);  // SDXL
}

TEST(UNet, NamesAreThoseOfTheOriginalCheckpoints) {
  UNet unet({});
  std::set<std::string> names;
  for (const auto& [name, tensor] : unet.named_parameters()) names.insert(name);
  for (const char* name :
       {"time_embed.0.weight", "time_embed.2.bias", "input_blocks.0.0.weight", "input_blocks.1.0.in_layers.0.weight",
        "input_blocks.1.0.emb_layers.1.weight", "input_blocks.1.1.transformer_blocks.0.attn1.to_out.0.bias",
        "input_blocks.3.0.op.weight", "input_blocks.4.0.skip_connection.weight", "input_blocks.11.0.out_layers.3.bias",
        "middle_block.0.in_layers.2.weight", "middle_block.1.proj_in.weight", "middle_block.2.out_layers.0.weight",
        "output_blocks.2.1.conv.weight", "output_blocks.5.2.conv.bias", "output_blocks.11.1.norm.weight",
        "input_blocks.1.1.transformer_blocks.0.ff.net.0.proj.weight", "out.0.weight", "out.2.bias"}) {
    EXPECT_TRUE(names.contains(name)) << name;
  }
  EXPECT_EQ(names.size(), 686u);
}

TEST(UNet, TakesOddSizesAndFractionalTimesteps) {
  NoGrad guard;
  UNet unet(tiny_unet());
  fill(unet, 3, 0.2);
  const Tensor x = at::randn({2, 4, 7, 5});
  const Conditioning c = conditioning(2);
  const Tensor a = unet.forward(x, at::tensor({10.f, 10.f}), c), b = unet.forward(x, at::tensor({10.5f, 10.5f}), c);
  EXPECT_EQ(a.sizes(), x.sizes());
  EXPECT_TRUE(a.isfinite().all().item<bool>());
  EXPECT_FALSE(at::allclose(a, b));
}

TEST(UNet, PicturesOfABatchDoNotSeeEachOther) {
  NoGrad guard;
  UNet unet(tiny_unet());
  fill(unet, 3, 0.2);
  const Tensor x = at::randn({3, 4, 8, 8}), t = at::tensor({1.f, 500.f, 999.f});
  const Conditioning c = conditioning(3);
  const Tensor whole = unet.forward(x, t, c);
  for (int64_t i = 0; i < 3; ++i) {
    const Tensor alone =
        unet.forward(x.narrow(0, i, 1), t.narrow(0, i, 1), {c.context.narrow(0, i, 1), c.vector.narrow(0, i, 1)});
    EXPECT_TRUE(at::allclose(whole.narrow(0, i, 1), alone, 1e-3, 1e-4)) << i;
  }
}

TEST(UNet, GradientsReachEveryParameterAndTheContext) {
  UNet unet(tiny_unet());
  fill(unet, 3, 0.2);
  unet.require_gradients(true);
  Conditioning c = conditioning(1);
  c.context.requires_grad_();
  unet.forward(at::randn({1, 4, 8, 8}), at::tensor({300.f}), c).square().sum().backward();
  for (const auto& [name, tensor] : unet.named_parameters()) {
    ASSERT_TRUE(tensor->grad().defined()) << name;
    EXPECT_GT(tensor->grad().abs().max().item<float>(), 0) << name;
  }
  EXPECT_GT(c.context.grad().abs().max().item<float>(), 0);
}

// Every fast path of training at once, through all of a network: its answer and the gradients of all its parameters.
TEST(UNet, FastPathsTrainAsTheDefinition) {
  UNet unet(tiny_unet());
  fill(unet, 5, 0.1);
  unet.require_gradients(true);
  const Tensor x = at::randn({4, 4, 16, 16}), t = at::rand({4}) * 999, g = at::randn(x.sizes());
  const Conditioning c = conditioning(4);
  const auto answer_and_gradients = [&](bool fast) {
    layers::set_fast_paths(fast);
    const Tensor answer = unet.forward(x, t, c);
    answer.backward(g);
    layers::set_fast_paths(true);
    std::vector<std::pair<std::string, Tensor>> all = {{"answer", answer.detach()}};
    for (auto& [name, tensor] : unet.named_parameters()) {
      all.emplace_back(name, tensor->grad());
      tensor->mutable_grad().reset();
    }
    return all;
  };
  const auto plain = answer_and_gradients(false), fast = answer_and_gradients(true);
  for (size_t i = 0; i < plain.size(); ++i) {
    const auto& [name, expected] = plain[i];
    EXPECT_LT(((fast[i].second - expected).norm() / expected.norm()).item<double>(), 1e-4) << name;
  }
}

}  // namespace
}  // namespace darkroom::models
