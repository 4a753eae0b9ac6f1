#include "train/loss.h"

namespace darkroom::train {

Tensor structural_similarity(const Tensor& a, const Tensor& b) {
  constexpr double c1 = 0.01 * 0.01, c2 = 0.03 * 0.03;
  const auto mean = [](const Tensor& x) { return at::avg_pool2d(x, 7, 1); };
  const Tensor mean_a = mean(a), mean_b = mean(b);
  const Tensor variance_a = mean(a * a) - mean_a * mean_a;
  const Tensor variance_b = mean(b * b) - mean_b * mean_b;
  const Tensor covariance = mean(a * b) - mean_a * mean_b;
  const Tensor similarity = (2 * mean_a * mean_b + c1) * (2 * covariance + c2) /
                            ((mean_a * mean_a + mean_b * mean_b + c1) * (variance_a + variance_b + c2));
  return similarity.mean();
}

Tensor gradient_difference(const Tensor& a, const Tensor& b) {
  const Tensor d = a - b;
  return (d.diff(1, -1).abs().mean() + d.diff(1, -2).abs().mean()) / 2;
}

Tensor kl_divergence(const models::Posterior& p) {
  return (0.5 * (p.mean * p.mean + p.log_variance.exp() - 1 - p.log_variance)).mean();
}

Tensor vae_loss(const VaeTraining& options, const Tensor& picture, const Tensor& reconstruction,
                const models::Posterior& posterior) {
  const Tensor a = (picture.contiguous() + 1) / 2, b = (reconstruction.contiguous() + 1) / 2;
  return options.l1_weight * (a - b).abs().mean() + options.ssim_weight * (1 - structural_similarity(a, b)) +
         options.gradient_weight * gradient_difference(a, b) + options.kl_weight * kl_divergence(posterior);
}

double mean_psnr(const Tensor& picture, const Tensor& reconstruction) {
  const Tensor a = (picture.clamp(-1, 1) + 1) / 2, b = (reconstruction.clamp(-1, 1) + 1) / 2;
  return (-10 * (a - b).square().mean({1, 2, 3}).log10()).mean().item<double>();
}

}  // namespace darkroom::train
