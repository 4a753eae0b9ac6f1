// Where on the noise scale a run still learns: the raw loss mostly shows which timesteps were drawn.
#pragma once

#include "base/tensor.h"
#include "train/training_log.h"

namespace darkroom::train {

/// Means of the unweighted losses [B] of pictures whose timestep [B] (0..999) lies in each quarter, "loss_quarter_0"
/// ... "loss_quarter_3"; quarters without a picture are left out.
inline Scalars loss_by_quarter(const Tensor& per_picture, const Tensor& t) {
  constexpr int kQuarters = 4;
  constexpr double kWidth = 250;  // timesteps
  Scalars details;
  for (int quarter = 0; quarter < kQuarters; ++quarter) {
    const Tensor chosen = per_picture.masked_select(at::floor(t / kWidth).eq(quarter));
    if (chosen.numel() > 0) details.emplace_back(fmt::format("loss_quarter_{}", quarter), chosen.mean().item<double>());
  }
  return details;
}

}  // namespace darkroom::train
