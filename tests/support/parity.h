// Values the reference implementations computed (tests/golden/parity_*.safetensors), and how far we are from them.
#pragma once

#include <string>

#include "base/tensor.h"
#include "checkpoint/stored_tensors.h"
#include "formats/safetensors.h"

namespace darkroom {

inline Tensor parity(const std::string& family, const std::string& name) {
  const auto file =
      formats::read_safetensors(std::string(DARKROOM_TESTS_DIR) + "/golden/parity_" + family + ".safetensors");
  return checkpoint::tensor_view(file.tensors.at(name));
}

/// The largest difference over the largest value expected: what "within 1e-4 relative" is measured by.
inline double relative_error(const Tensor& found, const Tensor& expected) {
  if (found.sizes() != expected.sizes()) return 1e9;
  const Tensor difference = (found.to(at::kFloat) - expected.to(at::kFloat)).abs().max();
  return (difference / expected.to(at::kFloat).abs().max()).item<double>();
}

}  // namespace darkroom
