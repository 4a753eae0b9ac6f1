#include "layers/conv2d.h"

#include <ATen/autocast_mode.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <vector>

#include "layers/bf16_product.h"
#include "layers/bf16_product_gradient.h"
#include "layers/circular_padding.h"
#include "layers/fast_paths.h"
#include "layers/linear_product.h"
#include "layers/linear_product_gradient.h"
#include "layers/stored_weight.h"
#include "layers/unfolded_conv.h"
#include "layers/winograd_conv.h"
#include "layers/winograd_gradient.h"
#include "layers/work.h"

namespace darkroom::layers {
namespace {

constexpr int64_t kMostUnfolded = int64_t(64) << 20;  // numbers of windows that are written out at a time, 256 MiB
// Below, transforming the kernels takes longer than is saved. A picture's own pixels decide, so that it comes out the
// same in every batch; only training, where batches are what they are, counts all of them.
constexpr int64_t kLeastPixels = 256;
constexpr int64_t kWidened = int64_t(8) << 20;  // numbers of kernels stored in less that are widened at a time, 32 MiB

/// at::conv2d with kernels as they are stored, some outputs at a time: a wide copy of large ones, and another that
/// oneDNN makes, would take more room than all else in a network.
Tensor conv2d_of_stored(const Tensor& x, const Tensor& stored, const Tensor& offset, int64_t stride, int64_t padding) {
  const at::ScalarType type = x.scalar_type();
  const Tensor added = for_product(offset, type);
  const int64_t out = stored.size(0),
                parts = stored.scalar_type() == type ? 1 : (stored.numel() + kWidened - 1) / kWidened;
  if (parts <= 1 || at::GradMode::is_enabled()) return at::conv2d(x, for_product(stored, type), added, stride, padding);
  const int64_t step = ((out + parts - 1) / parts + 15) / 16 * 16;  // full vectors
  std::vector<Tensor> answers;
  for (int64_t first = 0; first < out; first += step) {
    const int64_t count = std::min(step, out - first);
    answers.push_back(at::conv2d(x, in_type(stored.narrow(0, first, count), type),
                                 added.defined() ? added.narrow(0, first, count) : added, stride, padding));
  }
  return at::cat(answers, 1);
}

/// Whether it is a linear layer on pixels whose channels lie side by side.
bool is_pointwise(const Tensor& x, const Tensor& kernels, int64_t stride, int64_t padding) {
  return kernels.size(2) == 1 && kernels.size(3) == 1 && stride == 1 && padding == 0 && x.dim() == 4 &&
         x.is_contiguous(at::MemoryFormat::ChannelsLast) && can_use_linear_product(x, kernels);
}

/// The same in bf16, for one whose kernels learn as well.
bool is_pointwise_in_bf16(const Tensor& x, const Tensor& kernels, const Tensor& offset, int64_t stride,
                          int64_t padding) {
  return kernels.size(2) == 1 && kernels.size(3) == 1 && stride == 1 && padding == 0 && x.dim() == 4 &&
         x.is_contiguous(at::MemoryFormat::ChannelsLast) && can_go_through_in_bf16(x, kernels.flatten(1), offset);
}

/// Whether few enough numbers are written out for a picture, of x [B, C, H, W]; B does not matter.
bool is_small_unfolded(const Tensor& x, const Tensor& kernels, int64_t stride) {
  const int64_t windows = kernels.size(2) * kernels.size(3);
  return can_unfold(x, kernels) && x.numel() / x.size(0) * windows / (stride * stride) <= kMostUnfolded / 4;
}

/// Where libtorch would keep a wide copy of the kernels until their gradient, or that of x, is wanted.
bool is_worth_unfolding(const Tensor& x, const Tensor& kernels, const Tensor& offset, int64_t stride) {
  const bool is_fp32_trained = kernels.requires_grad() && kernels.scalar_type() == at::kFloat;
  const int64_t numbers = x.numel() * kernels.size(2) * kernels.size(3) / (stride * stride);
  return can_unfold(x, kernels) && numbers <= kMostUnfolded && !is_fp32_trained && wants_gradient(x, kernels, offset);
}

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
  if (fast_paths() && kernels.is_same(weight) && can_use_bf16_product(x, kernels) &&
      !wants_gradient(x, kernels, offset)) {
    return padding > 0 && pads_circularly() ? bf16_conv(at::pad(x, {padding, padding, padding, padding}, "circular"),
                                                        kernels, packed_, offset, stride, 0)
                                            : bf16_conv(x, kernels, packed_, offset, stride, padding);
  }
  return convolution(x, kernels, offset, stride, padding);
}

Tensor convolution(const Tensor& x, const Tensor& kernels, const Tensor& offset, int64_t stride, int64_t padding) {
  if (padding > 0 && pads_circularly())
    return conv2d_of_stored(at::pad(x, {padding, padding, padding, padding}, "circular"), kernels, offset, stride, 0);
  if (fast_paths() && can_go_through_in_bf16(x, kernels, offset, padding))
    return bf16_conv_with_gradient(x, kernels, offset, stride, padding);
  if (fast_paths() && is_pointwise_in_bf16(x, kernels, offset, stride, padding))
    return bf16_linear_with_gradient(x.permute({0, 2, 3, 1}), kernels.flatten(1), offset).permute({0, 3, 1, 2});
  if (fast_paths() && is_pointwise(x, kernels, stride, padding)) {
    const Tensor pixels = x.permute({0, 2, 3, 1}), weight = kernels.flatten(1);
    if (!wants_gradient(x, kernels, offset)) return linear_product(pixels, weight, offset).permute({0, 3, 1, 2});
    if (has_linear_product_gradient(weight))
      return linear_product_with_gradient(pixels, weight, offset).permute({0, 3, 1, 2});
  }
  if (fast_paths() && can_use_winograd(x, kernels, stride, padding)) {
    const int64_t pixels = x.size(2) * x.size(3);
    if (!at::GradMode::is_enabled() && pixels >= kLeastPixels)
      return winograd_conv(x, kernels, in_type(offset, x.scalar_type()));
    if (at::GradMode::is_enabled() && x.size(0) * pixels >= kLeastPixels && has_winograd_gradients(kernels) &&
        !at::autocast::is_cpu_enabled())
      return winograd_conv_with_gradient(x, kernels, in_type(offset, x.scalar_type()));
  }
  // Not what will be computed again with gradients, where libtorch's own rounds otherwise.
  if (fast_paths() && c10::InferenceMode::is_enabled() && is_small_unfolded(x, kernels, stride))
    return unfolded_conv(x, kernels, in_type(offset, x.scalar_type()), stride, padding);
  if (fast_paths() && is_worth_unfolding(x, kernels, offset, stride))
    return unfolded_conv_with_gradient(x, kernels, in_type(offset, x.scalar_type()), stride, padding);
  return conv2d_of_stored(x, kernels, offset, stride, padding);
}

}  // namespace darkroom::layers
