#include "adapters/merge.h"

#include "layers/stored_weight.h"

namespace darkroom::adapters {
namespace {

/// The change of a module to stacked weights; those of an inpainting model's first layer may have more channels.
Change change_of(const AdapterModule& module, const Tensor& weight, const Strength& strength) {
  const Shape part = changed_part(module.kind, module.factors, weight.sizes().vec());
  if (part != weight.sizes()) {
    Change change = adapters::change(module, weight.narrow(1, 0, part[1]), strength);
    change.weight = at::constant_pad_nd(change.weight, {0, 0, 0, 0, 0, weight.size(1) - part[1]});
    return change;
  }
  return change(module, weight, strength);
}

Tensor stacked(const std::vector<Tensor>& weights, size_t first, size_t count) {
  if (count == 1) return weights[first];
  return at::cat(std::vector<Tensor>(weights.begin() + int64_t(first), weights.begin() + int64_t(first + count)));
}

}  // namespace

bool Merge::Step::operator==(const Step& other) const {
  return module == other.module && place == other.place && strength.multiplier == other.strength.multiplier &&
         strength.rank_limit == other.strength.rank_limit;
}

Merge::Plan Merge::plan_of(const std::vector<WantedAdapter>& wanted) {
  Plan plan;
  for (const WantedAdapter& one : wanted) {
    for (const FittedModule& fitted : one.adapter->modules) {
      const double multiplier = fitted.place->is_text ? one.text : one.unet;
      if (multiplier == 0) continue;  // adds zeros
      plan[fitted.place->group].push_back({fitted.module, fitted.place, {multiplier, one.rank_limit}});
    }
  }
  return plan;
}

void Merge::put_back(const LayerGroup& group, const Changed& own) {
  for (size_t i = 0; i < group.layers.size(); ++i) {
    *group.layers[i].weight = own.weights[i];
    if (group.layers[i].bias) *group.layers[i].bias = own.biases[i];
  }
}

void Merge::compute(const LayerGroup& group, const std::vector<Step>& steps) {
  Changed& own = changed_[&group];
  if (own.weights.empty()) {
    for (const Layer& layer : group.layers) {
      own.weights.push_back(*layer.weight);
      own.biases.push_back(layer.bias ? *layer.bias : Tensor());
    }
  }
  own.steps = steps;
  std::vector<Tensor> weights = own.weights, biases = own.biases;
  for (const Step& step : steps) {
    const size_t first = size_t(step.place->first), count = size_t(step.place->count);
    const Change change = change_of(*step.module, stacked(weights, first, count), step.strength);
    const std::vector<Tensor> rows = change.weight.chunk(int64_t(count));
    for (size_t i = 0; i < count; ++i) {
      // Parity: rounded to the layer's type after each adapter.
      weights[first + i] = layers::plus_stored(rows[i], weights[first + i]).to(group.layers[first + i].dtype());
    }
    if (!change.bias.defined()) continue;
    const std::vector<Tensor> values = change.bias.chunk(int64_t(count));
    for (size_t i = 0; i < count; ++i) {
      Tensor& part = biases[first + i];
      if (part.defined()) part = (values[i] + part).to(part.scalar_type());
    }
  }
  for (size_t i = 0; i < group.layers.size(); ++i) {
    *group.layers[i].weight = weights[i];
    if (group.layers[i].bias) *group.layers[i].bias = biases[i];
  }
}

size_t Merge::set(std::vector<WantedAdapter> wanted) {
  const NoGrad guard;
  const Plan plan = plan_of(wanted);
  size_t touched = 0;
  for (auto entry = changed_.begin(); entry != changed_.end();) {
    if (plan.contains(entry->first)) {
      ++entry;
      continue;
    }
    put_back(*entry->first, entry->second);
    entry = changed_.erase(entry);
    ++touched;
  }
  try {
    for (const auto& [group, steps] : plan) {
      const auto before = changed_.find(group);
      if (before != changed_.end() && before->second.steps == steps) continue;
      compute(*group, steps);
      ++touched;
    }
  } catch (...) {
    for (const auto& [group, own] : changed_) put_back(*group, own);
    changed_.clear();
    wanted_.clear();
    throw;
  }
  wanted_ = std::move(wanted);
  return touched;
}

int64_t Merge::bytes() const {
  int64_t bytes = 0;
  for (const auto& [group, own] : changed_)
    for (size_t i = 0; i < own.weights.size(); ++i) {
      const Tensor& acting = *group->layers[i].weight;
      if (!acting.is_same(own.weights[i])) bytes += int64_t(acting.nbytes());
    }
  return bytes;
}

}  // namespace darkroom::adapters
