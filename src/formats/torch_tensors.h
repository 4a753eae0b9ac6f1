// From the inert values of a torch pickle to tensors: storages by key, views into them, nested names.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "formats/byte_reader.h"
#include "formats/pickle.h"
#include "formats/tensor_file.h"

namespace darkroom::formats {

/// What a persistent id of torch.save announces. Counts are in elements and not negative.
struct StorageReference {
  std::string_view key;
  DType dtype = DType::f32;
  uint64_t elements = 0;       ///< of the storage in the file
  uint64_t view_offset = 0;    ///< the part of it that is meant; only old legacy files have less than all
  uint64_t view_elements = 0;  ///< offset + elements lies inside the storage

  /// Throws Error{corrupt_file} if that overflows.
  uint64_t bytes() const;
};

/// Requires: at(id) is PickleKind::persistent. Throws Error{corrupt_file}.
StorageReference storage_reference(const Pickle& pickle, PickleId id);

/// All bytes of a storage, reference.bytes() of them; throws Error{corrupt_file} if the file does not have it.
using FindStorage = std::function<Bytes(const StorageReference& reference)>;

/// The tensors of `pickle`, as read_torch_checkpoint promises. Copies take at most `copy_budget` bytes together.
TensorFile torch_tensors(const Pickle& pickle, const FindStorage& find_storage, std::shared_ptr<const void> owner,
                         uint64_t copy_budget);

}  // namespace darkroom::formats
