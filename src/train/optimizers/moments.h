// What optimizers keep for each parameter.
#pragma once

#include <algorithm>
#include <cmath>

#include "train/optimizers.h"

namespace darkroom::train {

/// What is computed with where a parameter is held in this type.
inline at::ScalarType computed_type(at::ScalarType held) {
  return held == at::kBFloat16 ? at::kFloat : held;
}

/// A parameter and its gradient while they are stepped: themselves, or fp32 copies of what is held in bf16.
class WideParameter {
 public:
  explicit WideParameter(const Tensor& held)
      : value(held.detach().to(computed_type(held.scalar_type()))),
        gradient(held.grad().defined() ? held.grad().to(value.scalar_type()) : Tensor()),
        held_(held) {}

  /// Rounds `value` back into what is held.
  void keep() const {
    if (!value.is_alias_of(held_)) held_.copy_(value);
  }

  Tensor value;
  Tensor gradient;  ///< undefined where there is none

 private:
  Tensor held_;
};

/// Zeros for each parameter, of its shape and layout, in what is computed with.
inline std::vector<Tensor> zeros_for(const NamedTensors& parameters) {
  std::vector<Tensor> zeros;
  for (const auto& [name, parameter] : parameters) {
    const Tensor held = parameter.detach();
    zeros.push_back(at::zeros_like(held, held.options().dtype(computed_type(held.scalar_type()))));
  }
  return zeros;
}

/// Adds them to an optimizer's state as "<what>.<parameter>".
inline void append_state(NamedTensors& state, const std::string& what, const NamedTensors& parameters,
                         const std::vector<Tensor>& tensors) {
  for (size_t i = 0; i < parameters.size(); ++i) state.emplace_back(what + "." + parameters[i].first, tensors[i]);
}

/// What makes up for moments that start at 0: sqrt(1 - beta2^t) / (1 - beta1^t) after t steps.
inline double bias_correction(const std::vector<double>& betas, double t) {
  return std::sqrt(1 - std::pow(betas[1], t)) / (1 - std::pow(betas[0], t));
}

/// Adafactor's own size of step `t` from 1. `rises`: warmup_init.
inline double relative_step(double t, bool rises) {
  return std::min(rises ? 1e-6 * t : 1e-2, 1 / std::sqrt(t));
}

/// The sum of a * b over all elements, in double.
inline double product_sum(const Tensor& a, const Tensor& b) {
  return (a.to(at::kDouble) * b.to(at::kDouble)).sum().item<double>();
}

}  // namespace darkroom::train
