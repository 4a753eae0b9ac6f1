// What every checkpoint container boils down to: named tensors whose bytes lie in memory we keep alive, and texts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::formats {

enum class DType { f64, f32, f16, bf16, i64, i32, i16, i8, u8, boolean };

size_t bytes_per_element(DType dtype);
std::string_view dtype_name(DType dtype);  ///< safetensors' spelling: "F32", "BF16", ...

/// A tensor inside a file: contiguous, row-major, not necessarily aligned. `owner` keeps the bytes alive and is all
/// that must be kept: the file object may go.
struct StoredTensor {
  DType dtype = DType::f32;
  std::vector<int64_t> shape;  ///< empty = a scalar
  const std::byte* data = nullptr;
  size_t bytes = 0;
  std::shared_ptr<const void> owner;

  int64_t elements() const;
};

struct TensorFile {
  std::map<std::string, StoredTensor> tensors;
  std::map<std::string, std::string> metadata;  ///< safetensors' __metadata__; empty for other containers
};

}  // namespace darkroom::formats
