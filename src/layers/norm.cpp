#include "layers/norm.h"

#include "layers/fast_paths.h"
#include "layers/fused_group_norm.h"

namespace darkroom::layers {

GroupNorm::GroupNorm(int64_t groups, int64_t channels, double eps)
    : weight(at::empty({channels})), bias(at::empty({channels})), groups(groups), eps(eps) {
  add("weight", weight);
  add("bias", bias);
}

bool GroupNorm::is_fused(const Tensor& x) const {
  return fast_paths() && !at::GradMode::is_enabled() && can_fuse_group_norm(x, weight);
}

Tensor GroupNorm::silu(const Tensor& x) const {
  return is_fused(x) ? fused_group_norm(x, groups, weight, bias, eps, /*silu=*/true) : at::silu(forward(x));
}

Tensor GroupNorm::forward(const Tensor& x) const {
  if (is_fused(x)) return fused_group_norm(x, groups, weight, bias, eps, /*silu=*/false);
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
