#include "layers/linear.h"

#include "layers/stored_weight.h"
#include "layers/work.h"

namespace darkroom::layers {

Linear::Linear(int64_t in, int64_t out, bool has_bias) : weight(at::empty({out, in})) {
  add("weight", weight);
  if (has_bias) add("bias", bias = at::empty({out}));
}

Tensor Linear::forward(const Tensor& x) const {
  const auto compute = [&] { return at::linear(x, in_type(weight, x.scalar_type()), in_type(bias, x.scalar_type())); };
  const Tensor y = is_watched() ? watched(linear_work(x, weight), compute) : compute();
  return side ? y + side(x) : y;
}

}  // namespace darkroom::layers
