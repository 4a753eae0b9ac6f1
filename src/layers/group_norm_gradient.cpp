#include "layers/group_norm_gradient.h"

#include <torch/csrc/autograd/custom_function.h>

#include "layers/bf16_product_gradient.h"
#include "layers/fused_group_norm.h"

namespace darkroom::layers {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct FusedGroupNorm : torch::autograd::Function<FusedGroupNorm> {
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& weight, const Tensor& bias,
                        int64_t groups, double eps, bool silu) {
    const Tensor statistics = group_statistics(x, groups, eps);
    context->save_for_backward({x, weight, bias, statistics});
    context->saved_data["silu"] = silu;
    return scaled_groups(x, statistics, weight, bias, silu);
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const variable_list saved = context->get_saved_variables();
    const Tensor x = saved[0].to(at::kFloat),
                 g = gradients[0].to(at::kFloat).contiguous(at::MemoryFormat::ChannelsLast);
    const GroupNormGradients found =
        fused_group_norm_gradients(g, x, saved[3], saved[1], saved[2], context->saved_data["silu"].toBool());
    return {found.x.to(saved[0].scalar_type()), found.weight, found.bias, Tensor(), Tensor(), Tensor()};
  }
};

}  // namespace

bool can_norm_groups_of_bf16(const Tensor& x, const Tensor& weight) {
  return computes_in_bf16() && x.scalar_type() == at::kBFloat16 && weight.scalar_type() == at::kFloat &&
         x.device().is_cpu() && x.dim() == 4 && x.numel() > 0 && x.is_contiguous(at::MemoryFormat::ChannelsLast);
}

Tensor group_norm_with_gradient(const Tensor& x, int64_t groups, const Tensor& weight, const Tensor& bias, double eps,
                                bool silu) {
  return FusedGroupNorm::apply(x, weight, bias, groups, eps, silu);
}

}  // namespace darkroom::layers
