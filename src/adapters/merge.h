// Adapters in the weights of a model, and the way back: bit for bit, because the weights themselves are kept, never
// computed back.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "adapters/delta.h"
#include "adapters/model_keys.h"

namespace darkroom::adapters {

/// An adapter and how strongly it acts.
struct WantedAdapter {
  std::shared_ptr<const FittedAdapter> adapter;
  double text = 1;  ///< multiplier for text encoders
  double unet = 1;
  int64_t rank_limit = 0;  ///< see Strength
};

/// The adapters that act on one model. A parameter is a handle of a tensor, often a view of the mapped file: a changed
/// one gets a new tensor while the handle of its own is kept here, so that going back costs nothing and no value is
/// ever rounded twice. Memory grows by the changed weights, once.
class Merge {
 public:
  Merge() = default;
  Merge(const Merge&) = delete;
  Merge& operator=(const Merge&) = delete;

  /// Makes exactly `wanted` act, added one after another in this order; each sum is computed in fp32 and rounded to the
  /// layer's type: that of its weight, or fp32 where it computes in fp32 with what is stored in less. Only layers for
  /// which something differs from the last call are computed. Returns how many layers were computed or put back. If
  /// computing fails nothing acts any more, and the error goes on.
  size_t set(std::vector<WantedAdapter> wanted);

  /// What the changed weights take besides the model's own.
  int64_t bytes() const;

 private:
  struct Step {
    const AdapterModule* module;
    const Place* place;
    Strength strength;
    bool operator==(const Step& other) const;
  };
  struct Changed {
    std::vector<Tensor> weights, biases;  ///< the model's own, by layer of the group
    std::vector<Step> steps;
  };
  using Plan = std::map<const LayerGroup*, std::vector<Step>>;

  static Plan plan_of(const std::vector<WantedAdapter>& wanted);
  void compute(const LayerGroup& group, const std::vector<Step>& steps);
  static void put_back(const LayerGroup& group, const Changed& own);

  std::map<const LayerGroup*, Changed> changed_;
  std::vector<WantedAdapter> wanted_;  // keeps what the steps point to
};

}  // namespace darkroom::adapters
