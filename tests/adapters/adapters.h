// Adapters made in memory, and the tiny models they are for.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "adapters/model_keys.h"
#include "base/tensor.h"
#include "checkpoint/load.h"
#include "checkpoint/stored_tensors.h"
#include "formats/support.h"

namespace darkroom::adapters {

using NamedTensors = std::map<std::string, Tensor>;

inline formats::TensorFile tensor_file(const NamedTensors& tensors, std::map<std::string, std::string> metadata = {}) {
  formats::TensorFile file;
  for (const auto& [name, tensor] : tensors) file.tensors.emplace(name, checkpoint::stored_tensor(tensor));
  file.metadata = std::move(metadata);
  return file;
}

/// One layer's tensors as a module.
inline AdapterModule module_of(const NamedTensors& factors) {
  NamedTensors named;
  for (const auto& [name, tensor] : factors) named["lora_unet_x." + name] = tensor;
  return adapter_file(tensor_file(named)).modules.at(0);
}

inline Tensor numbers(std::vector<int64_t> shape, uint64_t seed) {
  at::manual_seed(seed);
  return at::randn(shape) * 0.1;
}

inline Tensor scalar_tensor(double value) {
  return at::scalar_tensor(value, at::kFloat);
}

/// up and down of a layer, and its alpha.
inline void add_lora(NamedTensors& tensors, const std::string& layer, Shape weight, int64_t rank, uint64_t seed,
                     double alpha = 2) {
  Shape up = {weight[0], rank}, down = weight;
  down[0] = rank;
  if (weight.size() == 4) up.insert(up.end(), {1, 1});
  tensors[layer + ".lora_up.weight"] = numbers(up, seed);
  tensors[layer + ".lora_down.weight"] = numbers(down, seed + 1);
  tensors[layer + ".alpha"] = scalar_tensor(alpha);
}

inline checkpoint::Checkpoint tiny_checkpoint(const std::string& family) {
  return checkpoint::load_checkpoint(std::string(DARKROOM_TESTS_DIR) + "/golden/tiny/" + family + ".safetensors");
}

inline std::shared_ptr<const FittedAdapter> fitted(const NamedTensors& tensors, const ModelKeys& keys,
                                                   std::map<std::string, std::string> metadata = {}) {
  return std::make_shared<const FittedAdapter>(
      fit(std::make_shared<const AdapterFile>(adapter_file(tensor_file(tensors, std::move(metadata)))), keys));
}

}  // namespace darkroom::adapters
