// Layers of a real step, by class: how many, how much work, how long, and whether the fast paths agree with the plain
// one.
#pragma once

#include "bench/figures.h"
#include "layers/work.h"

namespace darkroom::bench {

struct LayerTimes {
  std::vector<LayerClass> classes;  ///< slowest first
  Timing whole;                     ///< of the step, with what lies between its layers
};

/// Calls `step` once to compare each kind of layer with the plain path, then several times to measure. Throws
/// Error{internal} where a fast path strays from the plain one. Leaves the fast paths as they are.
LayerTimes measure_layers(const std::function<void()>& step);

/// FLOP of all layers in one call of `work`, by the plain sums, however they are computed. Nothing is computed: every
/// layer answers zeros. A VAE that would decode in strips does it whole, which takes the memory of that.
double counted_flop(const std::function<void()>& work);

}  // namespace darkroom::bench
