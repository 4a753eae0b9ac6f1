// fp16 gradients are small enough to become 0, so the loss is scaled up before the backward pass and the gradients down
// after it. The scale is the largest that does not overflow, found by trying.
// Source of truth: torch.cuda.amp.GradScaler, and _amp_update_scale_ of ATen/native/cuda/AmpKernels.cu.
#pragma once

#include "train/optimizers.h"

namespace darkroom::train {

class LossScaler {
 public:
  static constexpr double kInitialScale = 65536, kGrowth = 2, kBackoff = 0.5;
  static constexpr int64_t kGrowthInterval = 2000;  ///< clean steps in a row before the scale grows

  LossScaler();

  /// What the loss is multiplied with.
  double scale() const { return scale_.item<float>(); }
  /// Steps whose gradients overflowed: they changed no weight, and the learning rate did not go on.
  int64_t skipped_steps() const { return skipped_.item<int64_t>(); }

  /// Divides the gradients of `parameters` by the scale. False where one is not finite: then the step must be skipped.
  bool unscale(const NamedTensors& parameters) const;

  /// After each step: halves the scale if it overflowed, doubles it after kGrowthInterval clean ones in a row. Throws
  /// Error{internal} where gradients are not finite at any scale.
  void update(bool overflowed);

  /// Scale, clean steps in a row, skipped steps: they share memory with this.
  NamedTensors state() const;

 private:
  Tensor scale_;    // fp32, as torch's
  Tensor clean_;    // int64
  Tensor skipped_;  // int64
};

}  // namespace darkroom::train
