#include "adapters/beside.h"

#include <algorithm>

#include "adapters/low_rank.h"

namespace darkroom::adapters {
namespace {

const Layer& layer_of(const FittedModule& fitted) {
  return fitted.place->group->layers[size_t(fitted.place->first)];
}

/// y + up (down x) instead of (W + up down) x; scaled, in the form and type of the layer's weight.
struct Addition {
  Tensor down, up;
};

Addition addition(const AdapterModule& module, const Layer& layer, const Strength& strength) {
  const Tensor& weight = *layer.weight;
  LowRank factors = low_rank_of(module, strength.multiplier);
  if (strength.rank_limit > 0 && strength.rank_limit < factors.rank()) {
    factors.up = factors.up.narrow(1, 0, strength.rank_limit);
    factors.down = factors.down.narrow(0, 0, strength.rank_limit);
  }
  std::vector<int64_t> down = weight.sizes().vec(), up = {weight.size(0), factors.rank()};
  down[0] = factors.rank();
  if (weight.dim() == 4) up.insert(up.end(), {1, 1});
  const at::ScalarType dtype = layer.dtype();
  return {factors.down.reshape(down).to(dtype), factors.up.reshape(up).to(dtype)};
}

layers::SidePath& side_of(const Layer& layer) {
  return layer.linear ? layer.linear->side : layer.conv->side;
}

/// What stands beside a layer already, and one more.
layers::SidePath with(layers::SidePath before, const Layer& layer, const Addition& addition) {
  return [before = std::move(before), conv = layer.conv, addition](const Tensor& x) {
    const Tensor added = conv ? at::conv2d(conv->convolved(x, addition.down, {}), addition.up)
                              : at::linear(at::linear(x, addition.down), addition.up);
    return before ? before(x) + added : added;
  };
}

}  // namespace

bool can_act_beside(const FittedAdapter& adapter) {
  return std::all_of(adapter.modules.begin(), adapter.modules.end(), [](const FittedModule& fitted) {
    const AdapterModule& module = *fitted.module;
    if (fitted.place->count != 1 || !(layer_of(fitted).linear || layer_of(fitted).conv) || !is_low_rank(module))
      return false;
    const Shape weight = fitted.place->shape();
    return changed_part(module.kind, module.factors, weight) == weight;
  });
}

void Beside::set(const std::vector<WantedAdapter>& wanted) {
  const NoGrad guard;
  for (layers::SidePath* side : used_) *side = nullptr;
  used_.clear();
  for (const WantedAdapter& one : wanted) {
    for (const FittedModule& fitted : one.adapter->modules) {
      const double multiplier = fitted.place->is_text ? one.text : one.unet;
      if (multiplier == 0) continue;
      const Layer& layer = layer_of(fitted);
      layers::SidePath& side = side_of(layer);
      side = with(side, layer, addition(*fitted.module, layer, {multiplier, one.rank_limit}));
      used_.push_back(&side);
    }
  }
}

}  // namespace darkroom::adapters
