// What every checkpoint container boils down to: named tensors whose bytes lie in memory we keep alive, and texts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::formats {

enum class DType { f64, f32, f16, bf16, i64, i32, i16, i8, u8, boolean };

size_t bytes_per_element(DType dtype);
std::string_view dtype_name(DType dtype);  ///< safetensors' spelling: "F32", "BF16", ...
/// The inverse of dtype_name; nothing for a name that is not ours.
std::optional<DType> dtype_named(std::string_view name);

/// Bytes of a contiguous tensor; nothing if a dimension is negative or the product does not fit into int64.
std::optional<size_t> byte_size(DType dtype, const std::vector<int64_t>& shape);

/// A tensor inside a file: contiguous, row-major, not necessarily aligned. `owner` keeps the bytes alive and is all
/// that must be kept: the file object may go.
struct StoredTensor {
  DType dtype = DType::f32;
  std::vector<int64_t> shape;  ///< empty = a scalar
  const std::byte* data = nullptr;
  size_t bytes = 0;
  std::shared_ptr<const void> owner;

  /// Requires: the shape passed byte_size(), as every shape of a reader of ours has.
  int64_t elements() const;
};

struct TensorFile {
  std::map<std::string, StoredTensor> tensors;
  std::map<std::string, std::string> metadata;  ///< safetensors' __metadata__; empty for other containers
  /// Values of a torch checkpoint that are no tensors of the model (steps, callbacks, optimizer settings): not read.
  size_t ignored_entries = 0;
};

}  // namespace darkroom::formats
