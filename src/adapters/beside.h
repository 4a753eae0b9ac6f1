// Plain LoRA computed beside the weights: nothing is merged, so a weight can be changed at once, and every call of the
// network costs a little more.
#pragma once

#include <vector>

#include "adapters/merge.h"

namespace darkroom::adapters {

/// Whether every part of the adapter is a product of two matrices for one linear layer or convolution.
bool can_act_beside(const FittedAdapter& adapter);

/// The adapters that act beside the weights of one model.
class Beside {
 public:
  Beside() = default;
  Beside(const Beside&) = delete;
  Beside& operator=(const Beside&) = delete;

  /// Makes exactly `wanted` act: what Merge::set() would give, but for rounding. The model must outlive the call of
  /// set() that takes the last away. Requires: can_act_beside() of each.
  void set(const std::vector<WantedAdapter>& wanted);

 private:
  std::vector<layers::SidePath*> used_;
};

}  // namespace darkroom::adapters
