#include "layers/conv2d.h"

#include "layers/circular_padding.h"
#include "layers/fast_paths.h"
#include "layers/winograd_conv.h"

namespace darkroom::layers {

Conv2d::Conv2d(int64_t in, int64_t out, int64_t kernel, int64_t stride, int64_t padding, bool has_bias)
    : weight(at::empty({out, in, kernel, kernel})), stride(stride), padding(padding) {
  add("weight", weight);
  if (has_bias) add("bias", bias = at::empty({out}));
}

Tensor Conv2d::forward(const Tensor& x) const {
  const Tensor y = convolved(x, weight, bias);
  return side ? y + side(x) : y;
}

Tensor Conv2d::convolved(const Tensor& x, const Tensor& kernels, const Tensor& offset) const {
  if (padding > 0 && pads_circularly())
    return at::conv2d(at::pad(x, {padding, padding, padding, padding}, "circular"), kernels, offset, stride);
  if (fast_paths() && !at::GradMode::is_enabled() && can_use_winograd(x, kernels, stride, padding))
    return winograd_conv(x, kernels, offset);
  return at::conv2d(x, kernels, offset, stride, padding);
}

}  // namespace darkroom::layers
