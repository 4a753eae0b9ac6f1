#include "layers/norm.h"

namespace darkroom::layers {

GroupNorm::GroupNorm(int64_t groups, int64_t channels, double eps)
    : weight(at::empty({channels})), bias(at::empty({channels})), groups(groups), eps(eps) {
  add("weight", weight);
  add("bias", bias);
}

Tensor GroupNorm::forward(const Tensor& x) const {
  return at::group_norm(x, groups, weight, bias, eps, /*cudnn_enabled=*/false);
}

LayerNorm::LayerNorm(int64_t width, double eps) : weight(at::empty({width})), bias(at::empty({width})), eps(eps) {
  add("weight", weight);
  add("bias", bias);
}

Tensor LayerNorm::forward(const Tensor& x) const {
  return at::layer_norm(x, weight.sizes(), weight, bias, eps);
}

}  // namespace darkroom::layers
