// y = x Wᵀ + b, and what is added beside the weight.
#pragma once

#include "layers/module.h"
#include "layers/packed_weight.h"
#include "layers/side_path.h"

namespace darkroom::layers {

/// x Wᵀ + b, with gradients of all. The weight [out, in] may be stored in another type than x, trained or not; `bias`
/// [out] may be undefined.
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias);

struct Linear : Module {
  Tensor weight;  ///< [out, in]; may be stored in another type than is computed in, see stored_weight.h
  Tensor bias;    ///< [out], undefined when built without
  SidePath side;  ///< usually none

  Linear(int64_t in, int64_t out, bool has_bias = true);
  Tensor forward(const Tensor& x) const;  ///< [..., in] -> [..., out]
  /// GEGLU (Shazeer, arXiv 2002.05202): the first half of the outputs times GELU of the second, [..., in] -> [..., out
  /// / 2].
  Tensor geglu(const Tensor& x) const;

 private:
  Tensor product(const Tensor& x) const;  ///< without the side
  int64_t own_packed_bytes() const override { return packed_.bytes(); }
  void drop_own_packed() const override { packed_.clear(); }

  PackedWeight packed_;
};

}  // namespace darkroom::layers
