#include "layers/linear_product_gradient.h"

#include <torch/csrc/autograd/custom_function.h>

#include "layers/kernels/product_kernel.h"
#include "layers/linear_product.h"

namespace darkroom::layers {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct LinearProduct : torch::autograd::Function<LinearProduct> {
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& weight, const Tensor& bias,
                        bool has_bias) {
    // A frozen layer's input is only kept for the weight's gradient.
    context->save_for_backward({weight.requires_grad() ? x : Tensor(), weight});
    return linear_product(x, weight, has_bias ? bias : Tensor());
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const variable_list saved = context->get_saved_variables();
    const Tensor &g = gradients[0], &weight = saved[1];
    const auto rows = [](const Tensor& x) { return x.reshape({-1, x.size(-1)}); };
    variable_list found(4);
    if (context->needs_input_grad(0)) found[0] = linear_product_input_gradient(g, weight);
    if (context->needs_input_grad(1)) found[1] = at::mm(rows(g).t(), rows(saved[0]));
    if (context->needs_input_grad(2)) found[2] = rows(g).sum(0);
    return found;
  }
};

struct GeluGated : torch::autograd::Function<GeluGated> {
  static Tensor forward(AutogradContext* context, const Tensor& x) {
    context->save_for_backward({x});
    return gelu_gated(x);
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    return {gelu_gated_gradient(context->get_saved_variables()[0], gradients[0])};
  }
};

bool is_wanted(const Tensor& x) {
  return x.defined() && x.requires_grad();
}

}  // namespace

bool wants_gradient(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  return at::GradMode::is_enabled() && (is_wanted(x) || is_wanted(weight) || is_wanted(bias));
}

bool has_linear_product_gradient(const Tensor& weight) {
  return weight.size(1) % product_panel() == 0;
}

Tensor gelu_gated_with_gradient(const Tensor& x) {
  return GeluGated::apply(x);
}

Tensor linear_product_with_gradient(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  // libtorch's functions take no undefined tensors.
  return LinearProduct::apply(x, weight, bias.defined() ? bias : at::empty({0}), bias.defined());
}

}  // namespace darkroom::layers
