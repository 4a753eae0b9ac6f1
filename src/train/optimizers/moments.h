// What optimizers keep for each parameter.
#pragma once

#include <cmath>

#include "train/optimizers.h"

namespace darkroom::train {

/// A tensor of zeros for each parameter, of its shape, type and layout.
inline std::vector<Tensor> zeros_for(const NamedTensors& parameters) {
  std::vector<Tensor> zeros;
  for (const auto& [name, parameter] : parameters) zeros.push_back(at::zeros_like(parameter.detach()));
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

/// The sum of a * b over all elements, in double.
inline double product_sum(const Tensor& a, const Tensor& b) {
  return (a.to(at::kDouble) * b.to(at::kDouble)).sum().item<double>();
}

}  // namespace darkroom::train
