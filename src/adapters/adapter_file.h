// A file of the LoRA family, understood as far as is possible without a model: which layers it changes, and how.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "adapters/kinds.h"

namespace darkroom::adapters {

/// What a file says about one layer.
struct AdapterModule {
  std::string layer;  ///< kohya's name, see key_names.h
  std::string stem;   ///< as the file writes it
  Kind kind = Kind::lora;
  Factors factors;  ///< bytes in the mapped file
};

struct AdapterFile {
  std::filesystem::path path;
  std::vector<AdapterModule> modules;   ///< at least one; sorted by layer, each layer once
  std::vector<std::string> unused;      ///< tensors that belong to no kind of adapter, as the file names them
  std::vector<std::string> embeddings;  ///< tensors of textual inversions that came along ("bundle_emb.")
  std::map<std::string, std::string> metadata;
};

/// Groups the tensors of a file. Throws Error{unsupported} where there is no adapter, Error{corrupt_file} where a layer
/// is named in two spellings, and what change_shape() and own_scale() throw for a single module, naming it.
AdapterFile adapter_file(const formats::TensorFile& file);

/// Reads a safetensors file, or a torch file without executing anything. Throws Error with `load LoRA "<path>"` in
/// front: those of formats::read_tensor_file and adapter_file.
AdapterFile read_adapter_file(const std::filesystem::path& path);

}  // namespace darkroom::adapters
