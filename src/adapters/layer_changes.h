// What an adapter file adds to each weight, number by number. No tensors here, so that the command line stays free of
// libtorch.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "adapters/report.h"

namespace darkroom::adapters {

struct LayerChange {
  std::string layer;  ///< as the file names it
  std::string kind;   ///< "LoRA", "LoHa", ...; "LoRA, DoRA" where both
  std::vector<int64_t> shape;
  std::vector<float> weight;  ///< row-major
  std::vector<float> bias;    ///< empty: the bias stays
};

/// What is changed: a checkpoint, or a file of tensors "<layer>.weight" named as the adapter names its layers, or
/// nothing, which is enough for kinds whose change does not depend on the weight.
struct ChangedWeights {
  std::filesystem::path model, file;
};

/// In the file's order, at its weight; only the layer `only` unless that is empty.
/// Throws Error as read_adapter_file, load_checkpoint and fit do; Error{invalid_request} for a layer the file does not
/// have, and for one whose change depends on a weight that is not known.
std::vector<LayerChange> layer_changes(const WeightedFile& file, const ChangedWeights& weights,
                                       const std::string& only = "");

/// The same as a safetensors file of fp32 tensors "<layer>.weight" and "<layer>.bias".
void write_layer_changes(const std::vector<LayerChange>& changes, const std::filesystem::path& out);

}  // namespace darkroom::adapters
