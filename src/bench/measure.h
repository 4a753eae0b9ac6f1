// Everything `darkroom bench` measures, one part after another.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/progress.h"
#include "bench/figures.h"
#include "generate/request_fields.h"

namespace darkroom::bench {

/// What can be measured, in the order it is: load, first, second, memory, peak, step, layers, attention, vae, text.
const std::vector<std::string>& bench_parts();

struct BenchRequest {
  generate::Settings said;      ///< of the picture: model, size, precision, threads, steps; the rest as recommended
  std::set<std::string> parts;  ///< of bench_parts(); empty = all
  bool plain = false;           ///< without fast paths
  bool compares_plain = false;  ///< the step without them as well
};

/// Takes about ten seconds with the model that comes with the program. To be called early in a process, which is part
/// of what is measured. Throws Error{invalid_request} for parts that are not known and as generate() does; {internal}
/// where a fast path strays from the plain one.
Bench measure(const BenchRequest& request, const Progress& progress);

}  // namespace darkroom::bench
