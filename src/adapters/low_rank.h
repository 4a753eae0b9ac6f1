// Changes as the product of two thin matrices: adding such products, and making them thinner.
#pragma once

#include <vector>

#include "adapters/adapter_file.h"
#include "base/tensor.h"

namespace darkroom::adapters {

/// A change up * down, fp32.
struct LowRank {
  Tensor up;    ///< [out, r]
  Tensor down;  ///< [r, in * k * k]
  int64_t rank() const { return up.size(1); }
};

/// Whether the module is such a product: a LoRA without middle tensor and dora_scale.
bool is_low_rank(const AdapterModule& module);

/// weight * own_scale() * up * down; the factor's root on both sides, its sign on `up`. Requires: is_low_rank().
LowRank low_rank_of(const AdapterModule& module, double weight = 1);

/// The sum of several, exactly: their ranks side by side.
LowRank stacked(const std::vector<LowRank>& parts);

/// The sum of squares of all singular values and of those that were kept.
struct Kept {
  double all = 0, kept = 0;
};

/// The nearest product of rank at most `rank` (Eckart and Young), or of the smallest rank that keeps the share `share`
/// of the norm, if that is less. up = U S, down = Vᵀ.
LowRank truncated(const LowRank& whole, int64_t rank, double share, Kept& kept);
/// The same of any matrix [out, n].
LowRank truncated(const Tensor& matrix, int64_t rank, double share, Kept& kept);

}  // namespace darkroom::adapters
