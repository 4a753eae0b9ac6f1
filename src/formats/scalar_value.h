// Tensors that are one number: scales, counters, flags.
#pragma once

#include <optional>

#include "formats/tensor_file.h"

namespace darkroom::formats {

/// The value of a tensor with one element, of whatever shape and type (true is 1); nothing for another number of
/// elements. May be infinite or no number.
std::optional<double> scalar_value(const StoredTensor& tensor);

}  // namespace darkroom::formats
