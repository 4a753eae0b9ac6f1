#include "layers/winograd_gradient.h"

#include <torch/csrc/autograd/custom_function.h>

#include "layers/winograd_conv.h"

namespace darkroom::layers {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct WinogradConvolution : torch::autograd::Function<WinogradConvolution> {
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& weight, const Tensor& bias) {
    // A frozen layer's input is only kept for the weight's gradient.
    context->save_for_backward({weight.requires_grad() ? x : Tensor(), weight});
    return winograd_conv(x, weight, bias);
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const variable_list saved = context->get_saved_variables();
    const Tensor g = gradients[0].contiguous(at::MemoryFormat::ChannelsLast);
    variable_list found(3);
    if (context->needs_input_grad(0)) found[0] = winograd_input_gradient(g, saved[1]);
    if (context->needs_input_grad(1)) found[1] = winograd_weight_gradient(saved[0], g);
    if (context->needs_input_grad(2)) found[2] = g.sum({0, 2, 3});
    return found;
  }
};

}  // namespace

Tensor winograd_conv_with_gradient(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  // libtorch's functions take no undefined tensors.
  return WinogradConvolution::apply(x, weight, bias.defined() ? bias : at::zeros({weight.size(0)}));
}

}  // namespace darkroom::layers
