#include "layers/linear.h"

#include "layers/work.h"

namespace darkroom::layers {

Linear::Linear(int64_t in, int64_t out, bool has_bias) : weight(at::empty({out, in})) {
  add("weight", weight);
  if (has_bias) add("bias", bias = at::empty({out}));
}

Tensor Linear::forward(const Tensor& x) const {
  const Tensor y = is_watched() ? watched(linear_work(x, weight), [&] { return at::linear(x, weight, bias); })
                                : at::linear(x, weight, bias);
  return side ? y + side(x) : y;
}

}  // namespace darkroom::layers
