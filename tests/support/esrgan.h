// The random upscaler networks of tests/golden/parity_pictures.safetensors.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "formats/safetensors.h"

namespace darkroom {

/// Names and weights of network "x4", "x2" or "x1".
inline std::vector<std::pair<std::string, formats::StoredTensor>> esrgan_tensors(const std::string& network) {
  const auto file = formats::read_safetensors(std::string(DARKROOM_TESTS_DIR) + "/golden/parity_pictures.safetensors");
  const std::string prefix = "esrgan." + network + ".";
  std::vector<std::pair<std::string, formats::StoredTensor>> tensors;
  for (const auto& [key, tensor] : file.tensors) {
    const std::string name = key.starts_with(prefix) ? key.substr(prefix.size()) : "";
    if (!name.empty() && name != "in" && name != "out") tensors.emplace_back(name, tensor);
  }
  return tensors;
}

}  // namespace darkroom
