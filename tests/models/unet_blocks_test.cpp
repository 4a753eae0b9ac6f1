#include "models/unet_blocks.h"

#include <gtest/gtest.h>

#include <cmath>

#include "models/random_weights.h"

namespace darkroom::models {
namespace {

TEST(UNetBlocks, TimestepsAreCosinesThenSines) {
  const Tensor e = timestep_embedding(at::tensor({0.f, 12.5f}), 8);
  EXPECT_TRUE(at::equal(e[0], at::tensor({1.f, 1.f, 1.f, 1.f, 0.f, 0.f, 0.f, 0.f})));
  for (int i = 0; i < 4; ++i) {
    const double angle = 12.5 * std::pow(10000.0, -i / 4.0);
    EXPECT_NEAR(e[1][i].item<double>(), std::cos(angle), 1e-5);
    EXPECT_NEAR(e[1][4 + i].item<double>(), std::sin(angle), 1e-5);
  }
}

TEST(UNetBlocks, AResBlockWithAZeroEndIsItsSkipPath) {
  NoGrad guard;
  ResBlock same(8, 8, 16, 4), wider(8, 12, 16, 4);
  for (ResBlock* block : {&same, &wider}) {
    fill(*block, 2, 0.3);
    block->out_conv.weight.zero_(), block->out_conv.bias.zero_();
  }
  const Tensor x = at::randn({2, 8, 5, 5}), embedding = at::randn({2, 16});
  EXPECT_TRUE(at::equal(same.forward(x, embedding), x));
  EXPECT_TRUE(at::equal(wider.forward(x, embedding), wider.skip_connection->forward(x)));
}

TEST(UNetBlocks, GegluGatesTheFirstHalfByTheSecond) {
  NoGrad guard;
  GegluMlp mlp(1);
  mlp.proj.weight.zero_(), mlp.proj.bias.copy_(at::tensor({2.f, 0.f, 0.f, 0.f, 1.f, 0.f, 0.f, 0.f}));
  mlp.out.weight.fill_(1), mlp.out.bias.zero_();
  const double gelu = 0.5 * (1 + std::erf(1 / std::sqrt(2.0)));
  EXPECT_NEAR(mlp.forward(at::zeros({1, 1})).item<double>(), 2 * gelu, 1e-6);
}

TEST(UNetBlocks, LinearAndConvolutionProjectionsAreTheSameFunction) {
  NoGrad guard;
  SpatialTransformer conv(8, 6, 2, 1, /*linear=*/false, 4), linear(8, 6, 2, 1, /*linear=*/true, 4);
  fill(conv, 2, 0.3);
  auto from = conv.named_parameters(), to = linear.named_parameters();
  ASSERT_EQ(from.size(), to.size());
  for (size_t i = 0; i < from.size(); ++i) {
    EXPECT_EQ(from[i].first, to[i].first);
    to[i].second->copy_(from[i].second->view(to[i].second->sizes()));
  }
  const Tensor x = at::randn({2, 8, 3, 4}), context = at::randn({2, 5, 6});
  EXPECT_TRUE(at::allclose(conv.forward(x, context), linear.forward(x, context), 1e-4, 1e-5));
}

TEST(UNetBlocks, ATransformerTakesChannelsLastAndOrdinaryInputAlike) {
  NoGrad guard;
  SpatialTransformer transformer(8, 6, 2, 1, false, 4);
  fill(transformer, 2, 0.3);
  const Tensor x = at::randn({2, 8, 3, 4}), context = at::randn({2, 5, 6});
  EXPECT_TRUE(at::allclose(transformer.forward(x, context),
                           transformer.forward(x.contiguous(at::MemoryFormat::ChannelsLast), context), 1e-4, 1e-5));
}

TEST(UNetBlocks, UpsamplingReachesOddSizes) {
  NoGrad guard;
  Upsample up(2);
  fill(up, 2, 0.3);
  EXPECT_EQ(up.forward(at::randn({1, 2, 3, 4}), 5, 8).sizes(), (at::IntArrayRef{1, 2, 5, 8}));
}

}  // namespace
}  // namespace darkroom::models
