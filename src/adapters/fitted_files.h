// Adapter files for one model, as Merge takes them.
#pragma once

#include <vector>

#include "adapters/merge.h"
#include "adapters/report.h"

namespace darkroom::adapters {

/// The files, fitted to the model of `keys`, each at its weight on all parts. Lines of what does not fit are logged.
/// Throws Error as read_adapter_file() and fit().
std::vector<WantedAdapter> fitted_files(const std::vector<WeightedFile>& files, const ModelKeys& keys);

}  // namespace darkroom::adapters
