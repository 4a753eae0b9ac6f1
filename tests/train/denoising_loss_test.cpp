#include "train/denoising_loss.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "diffusion/noise_schedule.h"
#include "train/formulas.h"
#include "train/random.h"

namespace darkroom::train {
namespace {

using diffusion::Prediction;

Tensor timesteps() {
  return at::tensor(training_formulas().at("t").get<std::vector<int64_t>>());
}

Tensor levels_at(const Tensor& t) {
  const auto sigmas = diffusion::NoiseSchedule().sigmas();
  return at::tensor(at::ArrayRef<float>(sigmas.data(), sigmas.size())).index({t});
}

/// The reference's table of signal-to-noise ratios is made in float32; ours comes from float64.
void expect_near(const Tensor& found, const nlohmann::json& expected) {
  const Tensor reference = at::tensor(expected.get<std::vector<float>>());
  EXPECT_TRUE(at::allclose(found, reference, 1e-4, 1e-7)) << found << reference;
}

TEST(DenoisingLoss, LossesAreThoseOfTheReference) {
  const Tensor n = at::arange(6 * 4 * 3 * 2, at::kFloat);
  const Tensor predicted = at::sin(n).view({6, 4, 3, 2}) * 1.5, target = at::cos(n * 0.7).view({6, 4, 3, 2});
  for (const auto& row : training_formulas().at("losses")) {
    const DenoisingLoss loss{.type = row.at("type"),
                             .huber_schedule = row.at("schedule"),
                             .huber_c = row.at("c"),
                             .huber_scale = row.at("scale")};
    expect_near(unweighted_loss(loss, predicted, target, {}, timesteps(), levels_at(timesteps())), row.at("loss"));
  }
}

TEST(DenoisingLoss, WeightsAreThoseOfTheReference) {
  for (const auto& row : training_formulas().at("weights")) {
    const std::string option = row.at("option");
    DenoisingLoss loss;
    if (option == "min_snr_gamma") loss.min_snr_gamma = 5;
    if (option == "scale_v_pred_loss_like_noise_pred") loss.scale_v_pred_loss_like_noise_pred = true;
    if (option == "v_pred_like_loss") loss.v_pred_like_loss = 0.5;
    if (option == "debiased_estimation_loss") loss.debiased_estimation_loss = true;
    const Prediction prediction = diffusion::prediction_named(row.at("prediction").get<std::string>());
    check(loss, prediction);
    expect_near(timestep_weight(loss, prediction, levels_at(timesteps())), row.at("weights"));
  }
  EXPECT_TRUE(timestep_weight({}, Prediction::v, levels_at(timesteps())).equal(at::ones({6})));
}

TEST(DenoisingLoss, AMaskKeepsPartOfThePicture) {
  const Tensor predicted = at::ones({1, 4, 2, 2}), target = at::zeros({1, 4, 2, 2});
  const Tensor mask = at::tensor({1.0f, 0.0f, 0.5f, 0.0f}).view({1, 1, 2, 2});
  const Tensor one = at::ones({1});
  EXPECT_NEAR(unweighted_loss({}, predicted, target, mask, one, one).item<float>(), 1.5 / 4, 1e-6);
}

TEST(DenoisingLoss, RefusesContradictions) {
  EXPECT_THROW(check({.type = "l3"}, Prediction::v), Error);
  EXPECT_THROW(check({.huber_schedule = "linear"}, Prediction::v), Error);
  EXPECT_THROW(check({.scale_v_pred_loss_like_noise_pred = true}, Prediction::epsilon), Error);
  EXPECT_THROW(check({.v_pred_like_loss = 0.1}, Prediction::v), Error);
  EXPECT_THROW(check({.min_snr_gamma = -1}, Prediction::v), Error);
}

TEST(TrainingNoise, WithoutOptionsIsStandardNormal) {
  at::Generator a = generator_for(1, Purpose::batch, 0), b = generator_for(1, Purpose::batch, 0);
  const Tensor latents = at::randn({8, 4, 16, 16});
  EXPECT_TRUE(training_noise({}, latents, a).equal(at::randn(latents.sizes(), b)));
}

// Each channel's mean has the variance offset^2, beside that of eps itself.
TEST(TrainingNoise, OffsetMovesWholeChannels) {
  at::Generator generator = generator_for(2, Purpose::batch, 0);
  const Tensor latents = at::zeros({512, 4, 16, 16});
  const double spread = training_noise({.offset = 0.5}, latents, generator).mean({2, 3}).std().item<double>();
  EXPECT_NEAR(spread, std::sqrt(0.25 + 1.0 / 256), 0.03);
  const Tensor bright = at::full({512, 4, 16, 16}, 2.0);
  const double adaptive = training_noise({.adaptive_scale = 0.25}, bright, generator).mean({2, 3}).std().item<double>();
  EXPECT_NEAR(adaptive, std::sqrt(0.25 + 1.0 / 256), 0.03);
}

TEST(TrainingNoise, OfManyGridsHasUnitVarianceAndNeighboursThatAgree) {
  at::Generator generator = generator_for(3, Purpose::batch, 0);
  const Tensor latents = at::zeros({64, 4, 16, 16});
  const Tensor noise = training_noise({.multires_iterations = 6, .multires_discount = 0.8}, latents, generator);
  EXPECT_NEAR(noise.std().item<double>(), 1, 1e-5);
  const Tensor left = noise.narrow(3, 0, 15), right = noise.narrow(3, 1, 15);
  EXPECT_GT((left * right).mean().item<double>(), 0.2);
}

}  // namespace
}  // namespace darkroom::train
