#include "layers/conv2d.h"

namespace darkroom::layers {

Conv2d::Conv2d(int64_t in, int64_t out, int64_t kernel, int64_t stride, int64_t padding)
    : weight(at::empty({out, in, kernel, kernel})), bias(at::empty({out})), stride(stride), padding(padding) {
  add("weight", weight);
  add("bias", bias);
}

Tensor Conv2d::forward(const Tensor& x) const {
  Tensor y = at::conv2d(x, weight, bias, stride, padding);
  for (const Addition& addition : additions)
    y = y + at::conv2d(at::conv2d(x, addition.down, {}, stride, padding), addition.up);
  return y;
}

}  // namespace darkroom::layers
