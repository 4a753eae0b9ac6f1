#include "layers/conv2d.h"

#include <ATen/autocast_mode.h>

#include "layers/circular_padding.h"
#include "layers/fast_paths.h"
#include "layers/winograd_conv.h"
#include "layers/winograd_gradient.h"
#include "layers/work.h"

namespace darkroom::layers {
namespace {

// Below, transforming the kernels takes longer than is saved. A picture's own pixels decide, so that it comes out the
// same in every batch; only training, where batches are what they are, counts all of them.
constexpr int64_t kLeastPixels = 256;

}  // namespace

Conv2d::Conv2d(int64_t in, int64_t out, int64_t kernel, int64_t stride, int64_t padding, bool has_bias)
    : weight(at::empty({out, in, kernel, kernel})), stride(stride), padding(padding) {
  add("weight", weight);
  if (has_bias) add("bias", bias = at::empty({out}));
}

Tensor Conv2d::forward(const Tensor& x) const {
  const Tensor y = is_watched()
                       ? watched(conv_work(x, weight, stride, padding), [&] { return convolved(x, weight, bias); })
                       : convolved(x, weight, bias);
  return side ? y + side(x) : y;
}

Tensor Conv2d::convolved(const Tensor& x, const Tensor& kernels, const Tensor& offset) const {
  if (padding > 0 && pads_circularly())
    return at::conv2d(at::pad(x, {padding, padding, padding, padding}, "circular"), kernels, offset, stride);
  if (fast_paths() && can_use_winograd(x, kernels, stride, padding)) {
    const int64_t pixels = x.size(2) * x.size(3);
    if (!at::GradMode::is_enabled() && pixels >= kLeastPixels) return winograd_conv(x, kernels, offset);
    if (at::GradMode::is_enabled() && x.size(0) * pixels >= kLeastPixels && has_winograd_gradients(kernels) &&
        !at::autocast::is_cpu_enabled())
      return winograd_conv_with_gradient(x, kernels, offset);
  }
  return at::conv2d(x, kernels, offset, stride, padding);
}

}  // namespace darkroom::layers
