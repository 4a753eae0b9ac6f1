#include "train/loss.h"

#include <gtest/gtest.h>

#include <cmath>

namespace darkroom::train {
namespace {

TEST(Loss, SimilarityIsOneForEqualPicturesOnly) {
  const Tensor a = at::rand({2, 3, 16, 16});
  EXPECT_NEAR(structural_similarity(a, a).item<float>(), 1.0, 1e-5);
  EXPECT_LT(structural_similarity(a, at::rand({2, 3, 16, 16})).item<float>(), 0.3);
}

TEST(Loss, SimilarityOfFlatPicturesIsTheLuminanceTerm) {
  const double a = 0.2, b = 0.6, c1 = 1e-4;
  const double expected = (2 * a * b + c1) / (a * a + b * b + c1);
  EXPECT_NEAR(structural_similarity(at::full({1, 3, 8, 8}, a), at::full({1, 3, 8, 8}, b)).item<double>(), expected,
              1e-3);
}

TEST(Loss, GradientDifferenceSeesEdgesNotLevels) {
  const Tensor a = at::rand({1, 3, 8, 8});
  EXPECT_NEAR(gradient_difference(a, a + 0.3).item<float>(), 0, 1e-6);
  const Tensor ramp = at::arange(8, at::kFloat).view({1, 1, 1, 8}).expand({1, 3, 8, 8}) * 0.1;
  EXPECT_NEAR(gradient_difference(ramp, at::zeros_like(ramp)).item<float>(), 0.05, 1e-6);  // 0.1 across, 0 down
}

TEST(Loss, KlOfAGaussianInClosedForm) {
  EXPECT_NEAR(kl_divergence({at::zeros({4}), at::zeros({4})}).item<double>(), 0, 1e-7);
  const double mean = 0.7, variance = 0.25;
  const models::Posterior p{at::full({4}, mean), at::full({4}, std::log(variance))};
  EXPECT_NEAR(kl_divergence(p).item<double>(), 0.5 * (mean * mean + variance - 1 - std::log(variance)), 1e-6);
}

TEST(Loss, VaeLossIsZeroForAPerfectStandardPosterior) {
  const Tensor picture = at::rand({1, 3, 16, 16}) * 2 - 1;
  const models::Posterior standard{at::zeros({1, 4, 2, 2}), at::zeros({1, 4, 2, 2})};
  EXPECT_NEAR(vae_loss({}, picture, picture, standard).item<float>(), 0, 1e-5);
  EXPECT_GT(vae_loss({}, picture, -picture, standard).item<float>(), 0.1);
}

TEST(Loss, PsnrInClosedForm) {
  const Tensor a = at::zeros({2, 3, 4, 4});
  EXPECT_NEAR(mean_psnr(a, a + 0.2), 20.0, 1e-3);  // 0.1 on a scale of 1
}

}  // namespace
}  // namespace darkroom::train
