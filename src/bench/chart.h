// Bars beside each other, as SVG.
#pragma once

#include <string>
#include <vector>

namespace darkroom::bench {

/// One row: what it is, two shares of 1, and what stands behind them.
struct Bar {
  std::string name;
  double share = 0;     ///< wide, blue
  double fraction = 0;  ///< narrow, orange; drawn to 1.6 at most; 0 = none
  std::string text;
};

struct BarChart {
  std::string title, share_label, fraction_label;
  std::vector<Bar> bars;
};

std::string svg(const BarChart& chart);

}  // namespace darkroom::bench
