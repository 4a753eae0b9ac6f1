// What torch.save writes (.ckpt, .pt, .pth, .bin): a pickle that names tensors, and their storages.
// Source of truth: torch/serialization.py and torch/_utils.py.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>

#include "formats/tensor_file.h"

namespace darkroom::formats {

/// Reads the zip container (torch >= 1.6) and the legacy one. Of a training checkpoint, which has "state_dict" at its
/// top, only that is read. Nested names are joined by dots, places in lists count from 0; what is no tensor is counted
/// in ignored_entries. Contiguous tensors stay in the mapped file (shared storages are shared); strided ones become
/// contiguous copies, together at most as large as the file plus 16 MiB.
/// Nothing in the pickle is executed, see pickle.h. Throws Error: those of map_file and read_pickle; corrupt_file;
/// unsupported for big-endian files, TorchScript programs, more than 500 thousand entries.
TensorFile read_torch_checkpoint(const std::filesystem::path& path);

/// The same from bytes in memory, which `owner` keeps alive.
TensorFile read_torch_checkpoint_bytes(std::span<const std::byte> file, std::shared_ptr<const void> owner);

}  // namespace darkroom::formats
