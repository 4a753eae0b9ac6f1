#include "train/denoising_loss.h"

#include <cmath>

#include "base/error.h"
#include "train/random.h"

namespace darkroom::train {
namespace {

using diffusion::Prediction;

constexpr double kTimesteps = 1000;
constexpr double kMostSnr = 1000;  // at t = 0 it may be infinite

/// Huber's threshold for each picture, [B,1,1,1].
Tensor threshold(const DenoisingLoss& o, const Tensor& t, const Tensor& sigma) {
  Tensor c;
  if (o.huber_schedule == "exponential")
    c = at::exp(t.to(at::kFloat) * (std::log(o.huber_c) / kTimesteps)) * o.huber_scale;
  else if (o.huber_schedule == "snr")
    c = (1 - o.huber_c) / (1 + sigma).square() + o.huber_c;  // Parity: the scale does not act here
  else
    c = at::full_like(sigma, o.huber_c * o.huber_scale);
  return c.view({-1, 1, 1, 1});
}

bool is_one_of(const std::string& name, std::initializer_list<const char*> names) {
  for (const char* known : names)
    if (name == known) return true;
  return false;
}

}  // namespace

void check(const DenoisingLoss& o, Prediction prediction) {
  const auto needs = [](bool holds, const char* rule) { require(holds, ErrorKind::invalid_request, "loss: {}", rule); };
  needs(is_one_of(o.type, {"l2", "l1", "huber", "smooth_l1"}), "loss_type must be l2, l1, huber or smooth_l1");
  needs(is_one_of(o.huber_schedule, {"snr", "exponential", "constant"}),
        "huber_schedule must be snr, exponential or constant");
  needs(o.huber_c > 0 && o.huber_scale > 0, "huber_c and huber_scale must be above 0");
  needs(o.min_snr_gamma >= 0 && o.v_pred_like_loss >= 0, "min_snr_gamma and v_pred_like_loss must not be negative");
  needs(!o.scale_v_pred_loss_like_noise_pred || prediction == Prediction::v,
        "scale_v_pred_loss_like_noise_pred acts on v models only; leave it out");
  needs(o.v_pred_like_loss == 0 || prediction == Prediction::epsilon,
        "v_pred_like_loss acts on eps models only; leave it out");
}

Tensor unweighted_loss(const DenoisingLoss& o, const Tensor& predicted, const Tensor& target, const Tensor& mask,
                       const Tensor& t, const Tensor& sigma) {
  const Tensor difference = predicted - target;
  Tensor loss;
  if (o.type == "l2") {
    loss = difference.square();
  } else if (o.type == "l1") {
    loss = difference.abs();
  } else {
    const Tensor c = threshold(o, t, sigma);
    loss = 2 * (at::sqrt(difference.square() + c.square()) - c);
    if (o.type == "huber") loss = loss * c;
  }
  if (mask.defined()) loss = loss * mask;  // Parity: not divided by how much of the picture the mask keeps
  return loss.mean({1, 2, 3});
}

Tensor timestep_weight(const DenoisingLoss& o, Prediction prediction, const Tensor& sigma) {
  const Tensor snr = sigma.square().reciprocal(), bounded = snr.clamp_max(kMostSnr);
  const bool is_v = prediction == Prediction::v;
  Tensor weight = at::ones_like(sigma);
  if (o.min_snr_gamma > 0) weight = weight * snr.clamp_max(o.min_snr_gamma) / (is_v ? snr + 1 : snr);
  if (o.scale_v_pred_loss_like_noise_pred) weight = weight * bounded / (bounded + 1);
  if (o.v_pred_like_loss > 0) weight = weight * (1 + o.v_pred_like_loss * (bounded + 1) / bounded);
  if (o.debiased_estimation_loss) weight = weight / (is_v ? bounded + 1 : bounded.sqrt());
  return weight;
}

Tensor training_noise(const TrainingNoise& o, const Tensor& latents, at::Generator& generator) {
  Tensor noise = at::randn(latents.sizes(), generator, latents.options());
  if (o.offset > 0 || o.adaptive_scale != 0) {
    Tensor offset = at::full({1, 1, 1, 1}, o.offset, latents.options());
    if (o.offset_random_strength) offset = offset * random_unit(generator);
    if (o.adaptive_scale != 0) offset = (offset + o.adaptive_scale * latents.mean({2, 3}, true).abs()).clamp_min(0);
    noise = noise + offset * at::randn({latents.size(0), latents.size(1), 1, 1}, generator, latents.options());
  }
  if (o.multires_iterations == 0) return noise;
  const int64_t height = latents.size(2), width = latents.size(3);
  for (int i = 0; i < o.multires_iterations; ++i) {
    const double ratio = std::pow(2 + 2 * random_unit(generator), i);
    const int64_t h = std::max<int64_t>(1, int64_t(double(height) / ratio));
    const int64_t w = std::max<int64_t>(1, int64_t(double(width) / ratio));
    const Tensor coarse = at::randn({latents.size(0), latents.size(1), h, w}, generator, latents.options());
    const Tensor level = at::upsample_bilinear2d(coarse, {height, width}, /*align_corners=*/false);
    noise = noise + level * std::pow(o.multires_discount, i);
    if (h == 1 || w == 1) break;
  }
  return noise / noise.std();
}

}  // namespace darkroom::train
