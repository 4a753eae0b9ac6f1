// The order of convergence of every sampler, measured against an exact solution: no model, no reference integrator.
#pragma once

#include <string>
#include <vector>

namespace darkroom::lab {

/// One sampler's errors as its steps are refined.
struct OrderRow {
  std::string sampler;  ///< with what was set, e.g. "DPM++ 2S a, eta 0"
  std::vector<int> steps, calls;
  std::vector<double> errors;  ///< root mean square distance to the exact flow at the model's sigma_min
  /// Order by the last two refinements: log of the ratio of errors over log of the ratio of calls.
  double order = 0;
};

/// The mixture of worlds.h, 16 points that start at sigma_max * (-1.875 .. 1.875), Karras levels of the model's range
/// without the step to 0, in float64, without noise. DPM adaptive: its tolerances are refined instead.
std::vector<OrderRow> measure_order();

}  // namespace darkroom::lab
