#include "layers/linear.h"

namespace darkroom::layers {

Linear::Linear(int64_t in, int64_t out, bool has_bias) : weight(at::empty({out, in})) {
  add("weight", weight);
  if (has_bias) add("bias", bias = at::empty({out}));
}

Tensor Linear::forward(const Tensor& x) const {
  Tensor y = at::linear(x, weight, bias);
  for (const Addition& addition : additions) y = y + at::linear(at::linear(x, addition.down), addition.up);
  return y;
}

}  // namespace darkroom::layers
