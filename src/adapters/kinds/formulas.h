// One formula per kind: D, fp32, with as many values as the weight, in its order. `scale` is a factor on the result.
#pragma once

#include "adapters/kinds.h"
#include "base/tensor.h"

namespace darkroom::adapters {

/// What a formula may ask for besides its tensors.
struct Given {
  const Tensor& weight;    ///< as it is before this adapter, fp32 for kinds that read its values (delta.cpp)
  const Factors& factors;  ///< their shapes were checked with change_shape()
  double scale = 1;
  int64_t rank_limit = 0;  ///< 0 = none

  bool has(std::string_view name) const { return factors.contains(name); }
  /// A factor in fp32.
  Tensor operator[](std::string_view name) const;
  /// The same with everything behind the first dimension in one: [rows, ...] -> [rows, n].
  Tensor matrix(std::string_view name) const { return (*this)[name].flatten(1); }
};

Tensor lora_delta(const Given& given);
Tensor loha_delta(const Given& given);
Tensor ia3_delta(const Given& given);
Tensor lokr_delta(const Given& given);
Tensor full_delta(const Given& given);
Tensor norm_delta(const Given& given);
Tensor glora_delta(const Given& given);
Tensor oft_delta(const Given& given);

/// Of LoHa and LoKr: [out, in, k, k] = sum over p, q of core[p, q, ...] * a[p, out] * b[q, in].
Tensor tucker(const Tensor& core, const Tensor& a, const Tensor& b);

}  // namespace darkroom::adapters
