#include "train/loss_scaler.h"

#include <cmath>

#include "base/error.h"

namespace darkroom::train {
namespace {

// At this scale a loss of 1 is as small as fp16's smallest number: what overflows here, the scale does not cause.
constexpr double kSmallestScale = 0x1p-24;

}  // namespace

LossScaler::LossScaler()
    : scale_(at::full({}, kInitialScale, at::kFloat)),
      clean_(at::zeros({}, at::kLong)),
      skipped_(at::zeros({}, at::kLong)) {}

bool LossScaler::unscale(const NamedTensors& parameters) const {
  const float inverse = float(1.0 / scale());
  bool is_finite = true;
  for (const auto& [name, parameter] : parameters) {
    Tensor gradient = parameter.grad();
    if (!gradient.defined() || gradient.numel() == 0) continue;
    is_finite = is_finite && std::isfinite(gradient.abs().max().item<float>());  // max() passes NaN on
    gradient.mul_(inverse);
  }
  return is_finite;
}

void LossScaler::update(bool overflowed) {
  if (overflowed) {
    require(
        scale() > kSmallestScale, ErrorKind::internal,
        "training in fp16: the gradients are not finite at any scale of the loss, down to {}; lower learning_rate or "
        "set mixed_precision = \"no\"",
        scale());
    scale_.mul_(kBackoff);
    clean_.zero_();
    skipped_.add_(1);
    return;
  }
  clean_.add_(1);
  if (clean_.item<int64_t>() < kGrowthInterval) return;
  if (std::isfinite(float(scale() * kGrowth))) scale_.mul_(kGrowth);
  clean_.zero_();
}

NamedTensors LossScaler::state() const {
  return {{"scale", scale_}, {"clean_steps", clean_}, {"skipped_steps", skipped_}};
}

}  // namespace darkroom::train
