// The weights an adapter is looked at with: those of a model, of a file of weights, or none.
#pragma once

#include <filesystem>
#include <memory>

#include "adapters/delta.h"
#include "adapters/model_keys.h"
#include "checkpoint/load.h"

namespace darkroom::adapters {

class KnownWeights {
 public:
  /// `model`: a checkpoint, or empty. `file`: tensors "<layer>.weight", named as adapter files name layers, instead of
  /// a model; or empty. Throws Error as load_checkpoint and read_tensor_file do, Error{invalid_request} for both.
  explicit KnownWeights(const std::filesystem::path& model, const std::filesystem::path& file = {});

  /// Undefined where the layer is not known.
  Tensor weight(const AdapterModule& module) const;
  /// Names in the model; null without one.
  const ModelKeys* keys() const { return keys_.get(); }

 private:
  checkpoint::Checkpoint model_;
  std::unique_ptr<ModelKeys> keys_;
  formats::TensorFile file_;
};

/// The change to a weight, or to one of zeros where that is not known and does not matter; undefined where it matters.
/// A weight of nine channels is changed in the four the adapter is for.
Change known_change(const AdapterModule& module, const Tensor& weight, const Strength& strength = {});

}  // namespace darkroom::adapters
