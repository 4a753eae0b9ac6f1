#include "layers/norm.h"

#include "layers/bf16_layer_norm.h"
#include "layers/fast_paths.h"
#include "layers/fused_group_norm.h"
#include "layers/group_norm_gradient.h"
#include "layers/work.h"

namespace darkroom::layers {
namespace {

/// Under autocast what comes is bf16 and the weights are fp32, which libtorch's norms do not take together. As under
/// autocast on accelerators, norms then compute in fp32.
Tensor in_type_of(const Tensor& weight, const Tensor& x) {
  return x.to(weight.scalar_type());
}

/// Sums over all pixels of a group are fp32 in every precision: libtorch 1.13 adds bf16 ones in bf16, which is off by a
/// third of the largest result at 64 x 64 pixels.
Tensor plain_group_norm(const Tensor& x, int64_t groups, const Tensor& weight, const Tensor& bias, double eps) {
  const auto wide = [](const Tensor& y) { return y.to(at::promote_types(y.scalar_type(), at::kFloat)); };
  return at::group_norm(wide(x), groups, wide(weight), wide(bias), eps, /*cudnn_enabled=*/false).to(x.scalar_type());
}

}  // namespace

GroupNorm::GroupNorm(int64_t groups, int64_t channels, double eps)
    : weight(at::empty({channels})), bias(at::empty({channels})), groups(groups), eps(eps) {
  add("weight", weight);
  add("bias", bias);
}

Tensor GroupNorm::fused(const Tensor& x, bool silu) const {
  if (!fast_paths() || !can_fuse_group_norm(x, weight)) return {};
  return at::GradMode::is_enabled() ? group_norm_with_gradient(x, groups, weight, bias, eps, silu)
                                    : fused_group_norm(x, groups, weight, bias, eps, silu);
}

Tensor GroupNorm::silu(const Tensor& x) const {
  if (is_watched())
    return watched(passing_work(WorkKind::norm, "group norm", x, x.sizes().vec()), [&] { return silu(x); });
  if (fast_paths() && can_norm_groups_of_bf16(x, weight))
    return group_norm_with_gradient(x, groups, weight, bias, eps, /*silu=*/true);
  const Tensor y = fused(in_type_of(weight, x), /*silu=*/true);
  return y.defined() ? y : at::silu(forward(x));
}

ChannelScaling GroupNorm::scaling(const std::vector<Tensor>& strips) const {
  return channel_scaling(strips, groups, weight, bias, eps);
}

Tensor GroupNorm::forward(const Tensor& x) const {
  if (is_watched())
    return watched(passing_work(WorkKind::norm, "group norm", x, x.sizes().vec()), [&] { return forward(x); });
  if (fast_paths() && can_norm_groups_of_bf16(x, weight))
    return group_norm_with_gradient(x, groups, weight, bias, eps, /*silu=*/false);
  const Tensor wide = in_type_of(weight, x);
  const Tensor y = fused(wide, /*silu=*/false);
  return y.defined() ? y : plain_group_norm(wide, groups, weight, bias, eps);
}

LayerNorm::LayerNorm(int64_t width, double eps) : weight(at::empty({width})), bias(at::empty({width})), eps(eps) {
  add("weight", weight);
  add("bias", bias);
}

Tensor LayerNorm::forward(const Tensor& x) const {
  if (is_watched())
    return watched(passing_work(WorkKind::norm, "layer norm", x, x.sizes().vec()), [&] { return forward(x); });
  if (fast_paths() && !at::GradMode::is_enabled() && can_use_bf16_layer_norm(x, weight))
    return bf16_layer_norm(x, weight, bias, eps);
  return at::layer_norm(in_type_of(weight, x), weight.sizes(), weight, bias, eps);
}

}  // namespace darkroom::layers
