#include "bench/figures.h"

#include <algorithm>

namespace darkroom::bench {

double peak_movement(const std::vector<Peak>& peaks) {
  double low = 0, high = 0;
  for (const Peak& peak : peaks) {
    low = low == 0 ? peak.fp32 : std::min(low, peak.fp32);
    high = std::max(high, peak.fp32);
  }
  return low > 0 ? high / low - 1 : 0;
}

double largest_difference(const Bench& bench) {
  double largest = 0;
  for (const auto* classes : {&bench.layers, &bench.attention})
    for (const LayerClass& one : *classes) largest = std::max(largest, one.difference);
  return largest;
}

}  // namespace darkroom::bench
