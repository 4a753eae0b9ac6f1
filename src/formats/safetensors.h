// safetensors: 8 bytes header length, a JSON header, then the data. Format: the README of huggingface/safetensors.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "formats/tensor_file.h"

namespace darkroom::formats {

/// Maps the file; tensors point into the mapping, nothing is copied.
/// Strict: one header of known fields, no name twice, known dtypes, sizes that follow from shape and dtype, and data
/// that is covered by the tensors exactly once. Throws Error: those of map_file, corrupt_file, and unsupported for a
/// dtype DType does not have; each names the file and the tensor.
TensorFile read_safetensors(const std::filesystem::path& path);

/// The same from bytes in memory, which `owner` keeps alive.
TensorFile read_safetensors_bytes(std::span<const std::byte> file, std::shared_ptr<const void> owner);

/// Writes through AtomicFile, streaming each tensor from where it lies, in the given order. The data starts at a
/// multiple of 64 bytes. Throws Error{io}, and Error{invalid_request} for a name that comes twice, is reserved or is
/// not UTF-8 (also in the metadata), and Error{internal} for a tensor whose bytes do not fit its shape.
void write_safetensors(const std::filesystem::path& path,
                       const std::vector<std::pair<std::string, StoredTensor>>& tensors,
                       const std::map<std::string, std::string>& metadata = {});

/// A tensor that is made when its turn to be written comes, and let go then: a file may be larger than what memory is
/// left.
struct TensorToMake {
  DType dtype = DType::f32;
  std::vector<int64_t> shape;
  std::function<StoredTensor()> make;  ///< must have this dtype and shape
};
/// As write_safetensors().
void stream_safetensors(const std::filesystem::path& path,
                        const std::vector<std::pair<std::string, TensorToMake>>& tensors,
                        const std::map<std::string, std::string>& metadata = {});

}  // namespace darkroom::formats
