#include "layers/bf16_product_gradient.h"

#include <ATen/autocast_mode.h>
#include <torch/csrc/autograd/custom_function.h>

#include "layers/bf16_product.h"
#include "layers/stored_weight.h"

namespace darkroom::layers {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

bool is_trained(const Tensor& weight) {
  return weight.defined() && weight.requires_grad();
}

struct Bf16Linear : torch::autograd::Function<Bf16Linear> {
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& weight, const Tensor& bias) {
    context->save_for_backward({weight, is_trained(weight) ? x : Tensor()});
    context->saved_data["x"] = x.requires_grad();
    context->saved_data["bias"] = is_trained(bias);
    return bf16_linear(x, weight, PackedWeight(), bias);
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const variable_list saved = context->get_saved_variables();
    const Tensor &g = gradients[0], &weight = saved[0], &x = saved[1];
    variable_list found(3);
    if (context->saved_data["x"].toBool()) found[0] = bf16_linear_input_gradient(g, weight);
    if (x.defined()) found[1] = bf16_linear_weight_gradient(g, x).to(weight.scalar_type());
    if (context->saved_data["bias"].toBool()) found[2] = g.to(at::kFloat).flatten(0, -2).sum(0);
    return found;
  }
};

struct Bf16Convolution : torch::autograd::Function<Bf16Convolution> {
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& kernels, const Tensor& bias,
                        int64_t stride, int64_t padding) {
    context->save_for_backward({kernels});
    context->saved_data["input"] = x.sizes().vec();
    context->saved_data["stride"] = stride;
    context->saved_data["padding"] = padding;
    return bf16_conv(x, kernels, PackedWeight(), bias, stride, padding);
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    variable_list found(5);
    found[0] = bf16_conv_input_gradient(gradients[0], context->get_saved_variables()[0],
                                        context->saved_data["input"].toIntVector(),
                                        context->saved_data["stride"].toInt(), context->saved_data["padding"].toInt());
    return found;
  }
};

/// libtorch's functions take no undefined tensors.
Tensor bias_or_zeros(const Tensor& bias, const Tensor& weight) {
  return bias.defined() ? bias : at::zeros({weight.size(0)});
}

}  // namespace

bool computes_in_bf16() {
  return at::autocast::is_cpu_enabled() && at::autocast::get_autocast_cpu_dtype() == at::kBFloat16 &&
         has_bf16_kernels();
}

bool can_go_through_in_bf16(const Tensor& x, const Tensor& weight, const Tensor& bias, int64_t padding) {
  return computes_in_bf16() && x.device().is_cpu() && x.numel() > 0 &&
         (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16) && is_readable(weight) &&
         weight.size(0) % 2 == 0 && weight.size(1) % 2 == 0 &&
         (weight.dim() == 2 || (padding < weight.size(2) && !is_trained(weight) && !is_trained(bias)));
}

Tensor bf16_linear_with_gradient(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  return Bf16Linear::apply(x.to(at::kBFloat16), weight, bias_or_zeros(bias, weight));
}

Tensor bf16_conv_with_gradient(const Tensor& x, const Tensor& weight, const Tensor& bias, int64_t stride,
                               int64_t padding) {
  return Bf16Convolution::apply(x.to(at::kBFloat16), weight, bias_or_zeros(bias, weight), stride, padding);
}

}  // namespace darkroom::layers
