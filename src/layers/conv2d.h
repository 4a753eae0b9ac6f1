// Two-dimensional convolution with square kernels, and what is added beside the kernel.
#pragma once

#include "layers/module.h"
#include "layers/packed_weight.h"
#include "layers/side_path.h"

namespace darkroom::layers {

/// at::conv2d(x, kernels, offset, stride, padding), with gradients of all. Square kernels [out, in, k, k] may be stored
/// in another type than x, trained or not; `offset` [out] may be undefined.
Tensor convolution(const Tensor& x, const Tensor& kernels, const Tensor& offset, int64_t stride, int64_t padding);

struct Conv2d : Module {
  Tensor weight;  ///< [out, in, kernel, kernel]; may be stored in another type, see stored_weight.h
  Tensor bias;    ///< [out], undefined when built without
  SidePath side;  ///< usually none
  int64_t stride;
  int64_t padding;

  Conv2d(int64_t in, int64_t out, int64_t kernel, int64_t stride = 1, int64_t padding = 0, bool has_bias = true);
  Tensor forward(const Tensor& x) const;  ///< [B, in, H, W] -> [B, out, H', W']

  /// x with other kernels [any, in, kernel, kernel], padded and strided as this layer's; `offset` may be undefined.
  Tensor convolved(const Tensor& x, const Tensor& kernels, const Tensor& offset) const;

 private:
  int64_t own_packed_bytes() const override { return packed_.bytes(); }
  void drop_own_packed() const override { packed_.clear(); }

  PackedWeight packed_;
};

}  // namespace darkroom::layers
