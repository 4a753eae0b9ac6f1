#include "layers/linear.h"

#include "layers/bf16_product.h"
#include "layers/bf16_product_gradient.h"
#include "layers/fast_paths.h"
#include "layers/linear_product.h"
#include "layers/linear_product_gradient.h"
#include "layers/stored_weight.h"
#include "layers/work.h"

namespace darkroom::layers {
namespace {

Tensor gated(const Tensor& x) {  // [..., 2 C] -> [..., C]
  const std::vector<Tensor> halves = x.chunk(2, -1);
  return halves[0] * at::gelu(halves[1]);
}

}  // namespace

Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  if (fast_paths() && can_use_linear_product(x, weight)) {
    if (!wants_gradient(x, weight, bias)) return linear_product(x, weight, bias);
    if (has_linear_product_gradient(weight)) return linear_product_with_gradient(x, weight, bias);
  }
  if (fast_paths() && can_go_through_in_bf16(x, weight, bias)) return bf16_linear_with_gradient(x, weight, bias);
  return at::linear(x, for_product(weight, x.scalar_type()), for_product(bias, x.scalar_type()));
}

Linear::Linear(int64_t in, int64_t out, bool has_bias) : weight(at::empty({out, in})) {
  add("weight", weight);
  if (has_bias) add("bias", bias = at::empty({out}));
}

Tensor Linear::forward(const Tensor& x) const {
  const auto compute = [&] { return product(x); };
  const Tensor y = is_watched() ? watched(linear_work(x, weight), compute) : compute();
  return side ? y + side(x) : y;
}

Tensor Linear::product(const Tensor& x) const {
  if (fast_paths() && can_use_bf16_product(x, weight) && !wants_gradient(x, weight, bias))
    return bf16_linear(x, weight, packed_, bias);
  return linear(x, weight, bias);
}

Tensor Linear::geglu(const Tensor& x) const {
  const bool is_bf16 = fast_paths() && can_use_bf16_product(x, weight);
  const bool is_fast = fast_paths() && can_use_geglu_product(x, weight);
  if ((is_fast || is_bf16) && !side && !wants_gradient(x, weight, bias)) {
    const auto compute = [&] {  // a watch may want to compare, and switch fast paths off
      if (!fast_paths()) return gated(product(x));
      return is_bf16 ? bf16_geglu(x, weight, packed_, bias) : geglu_product(x, weight, bias);
    };
    return is_watched() ? watched(geglu_linear_work(x, weight), compute) : compute();
  }
  const Tensor y = forward(x);
  // Where a side adds nothing the result must have the bits it has without one.
  const auto gate = [&] {
    if (!fast_paths() || !(is_fast || can_go_through_in_bf16(x, weight, bias))) return gated(y);
    return wants_gradient(y, {}, {}) ? gelu_gated_with_gradient(y) : gelu_gated(y);
  };
  if (!is_watched()) return gate();
  std::vector<int64_t> half = y.sizes().vec();
  half.back() /= 2;
  return watched(passing_work(WorkKind::geglu, "GEGLU", y, half), gate);
}

}  // namespace darkroom::layers
