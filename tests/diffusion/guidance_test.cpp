#include "diffusion/guidance.h"

#include <gtest/gtest.h>

#include "diffusion/worlds.h"

namespace darkroom::diffusion {
namespace {

/// A Denoiser that answers x * factor and counts.
Denoiser counted(double factor, int& calls) {
  return [factor, &calls](const Tensor& x, double) { return ++calls, x * factor; };
}

TEST(Guidance, GoesFromUnconditionalThroughConditional) {
  int c_calls = 0, u_calls = 0;
  const Tensor x = at::ones({1, 1, 2, 2});
  const Denoiser denoise = guided(counted(3, c_calls), counted(1, u_calls), 7);
  EXPECT_TRUE(denoise(x, 2).equal(x * (1 + 7 * (3 - 1))));
  EXPECT_EQ(c_calls, 1);
  EXPECT_EQ(u_calls, 1);
  EXPECT_TRUE(guided(counted(3, c_calls), counted(1, u_calls), 0)(x, 2).equal(x));
}

TEST(Guidance, ScaleOneNeverAsksTheUnconditionalHalf) {
  int c_calls = 0, u_calls = 0;
  const Tensor x = at::ones({1, 1, 2, 2});
  EXPECT_TRUE(guided(counted(3, c_calls), counted(1, u_calls), 1)(x, 2).equal(x * 3));
  EXPECT_EQ(c_calls, 1);
  EXPECT_EQ(u_calls, 0);

  int both_calls = 0;
  const PairDenoiser both = [&](const Tensor& y, double) { return ++both_calls, std::pair(y * 3, y); };
  EXPECT_TRUE(guided(both, counted(3, c_calls), 1)(x, 2).equal(x * 3));
  EXPECT_EQ(c_calls, 2);
  EXPECT_EQ(both_calls, 0);
  EXPECT_TRUE(guided(both, counted(3, c_calls), 2)(x, 2).equal(x * 5));
  EXPECT_EQ(c_calls, 2);
  EXPECT_EQ(both_calls, 1);
}

// diffusers, pipelines/stable_diffusion/pipeline_stable_diffusion.py rescale_noise_cfg, on what the network says.
TEST(Guidance, RescaledKeepsTheSpreadOfTheConditionalOutput) {
  const Tensor x = at::randn({3, 4, 6, 5}), c = at::randn_like(x), u = at::randn_like(x) * 0.8;
  const double sigma = 1.7, scale = 7;
  for (const Prediction prediction : {Prediction::epsilon, Prediction::v, Prediction::sample}) {
    const Denoiser said_c = [&](const Tensor& y, double s) { return denoised(prediction, c, y, s); };
    const Denoiser said_u = [&](const Tensor& y, double s) { return denoised(prediction, u, y, s); };
    Tensor unconditional;
    const Denoiser plain = guided(as_pair(said_c, said_u), scale, unconditional);
    const Tensor guided_output = u + (c - u) * scale;
    for (const double share : {0.7, 1.0}) {
      const Tensor factor = c.std({1, 2, 3}, true, true) / guided_output.std({1, 2, 3}, true, true);
      const Tensor expected = guided_output * (factor * share + (1 - share));
      const Tensor answer = rescaled(plain, scale, unconditional, prediction, share)(x, sigma);
      const Tensor output = network_output(prediction, answer, x, sigma);
      EXPECT_LT((output - expected).abs().max().item<double>(), 2e-5) << prediction_name(prediction);
    }
    EXPECT_LT(
        (rescaled(plain, scale, unconditional, prediction, 0)(x, sigma) - plain(x, sigma)).abs().max().item<double>(),
        1e-5);
  }
}

TEST(Guidance, KeepsTheUnconditionalHalfWhereItIsWanted) {
  int c_calls = 0, u_calls = 0;
  const Tensor x = at::ones({1, 1, 2, 2});
  Tensor unconditional;
  const PairDenoiser both = as_pair(counted(3, c_calls), counted(2, u_calls));
  EXPECT_TRUE(guided(both, 1, unconditional)(x, 2).equal(x * 3));
  EXPECT_TRUE(unconditional.equal(x * 2));
  EXPECT_EQ(u_calls, 1);
  EXPECT_TRUE(guided(both, 0.5, unconditional)(x, 2).equal(x * 2.5));
}

TEST(Guidance, OneBatchHoldsTheConditionalImagesFirst) {
  const Tensor x = at::arange(8, at::kFloat).view({2, 1, 2, 2});
  int calls = 0;
  const Denoiser doubled = [&](const Tensor& batch, double sigma) {
    ++calls;
    EXPECT_EQ(sigma, 5);
    EXPECT_TRUE(batch.equal(at::cat({x, x})));
    return batch * at::tensor({3.0f, 3.0f, 1.0f, 1.0f}).view({4, 1, 1, 1});
  };
  const auto [c, u] = as_one_batch(doubled)(x, 5);
  EXPECT_TRUE(c.equal(x * 3));
  EXPECT_TRUE(u.equal(x));
  EXPECT_EQ(calls, 1);
  int unused = 0;
  EXPECT_TRUE(guided(as_one_batch(doubled), counted(3, unused), 4)(x, 5).equal(x * 9));
}

}  // namespace
}  // namespace darkroom::diffusion
