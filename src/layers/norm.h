// Group and layer normalisation.
#pragma once

#include "layers/fused_group_norm.h"
#include "layers/module.h"

namespace darkroom::layers {

struct GroupNorm : Module {
  Tensor weight, bias;  ///< [channels]
  int64_t groups;
  double eps;

  GroupNorm(int64_t groups, int64_t channels, double eps);
  Tensor forward(const Tensor& x) const;  ///< [B, C, ...], statistics per picture and group
  Tensor silu(const Tensor& x) const;     ///< at::silu of that, computed together where it is faster
  /// Of a picture in strips of rows; see fused_group_norm.h.
  ChannelScaling scaling(const std::vector<Tensor>& strips) const;

 private:
  Tensor fused(const Tensor& x, bool silu) const;  ///< undefined where the definition must do it
};

struct LayerNorm : Module {
  Tensor weight, bias;  ///< [width]
  double eps;

  explicit LayerNorm(int64_t width, double eps = 1e-5);
  Tensor forward(const Tensor& x) const;  ///< [..., width]
};

}  // namespace darkroom::layers
