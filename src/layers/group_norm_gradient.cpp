#include "layers/group_norm_gradient.h"

#include <torch/csrc/autograd/custom_function.h>

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
    const GroupNormGradients found =
        fused_group_norm_gradients(gradients[0].contiguous(at::MemoryFormat::ChannelsLast), saved[0], saved[3],
                                   saved[1], saved[2], context->saved_data["silu"].toBool());
    return {found.x, found.weight, found.bias, Tensor(), Tensor(), Tensor()};
  }
};

}  // namespace

Tensor group_norm_with_gradient(const Tensor& x, int64_t groups, const Tensor& weight, const Tensor& bias, double eps,
                                bool silu) {
  return FusedGroupNorm::apply(x, weight, bias, groups, eps, silu);
}

}  // namespace darkroom::layers
