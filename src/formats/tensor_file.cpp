#include "formats/tensor_file.h"

#include <array>

#include "base/error.h"

namespace darkroom::formats {
namespace {

struct DTypeRow {
  DType dtype;
  size_t bytes;
  std::string_view name;
};

constexpr std::array<DTypeRow, 10> kDTypes{{{DType::f64, 8, "F64"},
                                            {DType::f32, 4, "F32"},
                                            {DType::f16, 2, "F16"},
                                            {DType::bf16, 2, "BF16"},
                                            {DType::i64, 8, "I64"},
                                            {DType::i32, 4, "I32"},
                                            {DType::i16, 2, "I16"},
                                            {DType::i8, 1, "I8"},
                                            {DType::u8, 1, "U8"},
                                            {DType::boolean, 1, "BOOL"}}};

const DTypeRow& row_of(DType dtype) {
  for (const DTypeRow& row : kDTypes)
    if (row.dtype == dtype) return row;
  fail(ErrorKind::internal, "look up a dtype: {} is not a DType", int(dtype));
}

}  // namespace

size_t bytes_per_element(DType dtype) {
  return row_of(dtype).bytes;
}

std::string_view dtype_name(DType dtype) {
  return row_of(dtype).name;
}

std::optional<DType> dtype_named(std::string_view name) {
  for (const DTypeRow& row : kDTypes)
    if (row.name == name) return row.dtype;
  return std::nullopt;
}

std::optional<size_t> byte_size(DType dtype, const std::vector<int64_t>& shape) {
  int64_t product = int64_t(bytes_per_element(dtype));
  // A zero hides an overflow of the other dimensions only if it comes first; it must not depend on the order.
  bool empty = false;
  for (int64_t size : shape) {
    if (size < 0) return std::nullopt;
    if (size == 0)
      empty = true;
    else if (__builtin_mul_overflow(product, size, &product))
      return std::nullopt;
  }
  return empty ? 0 : size_t(product);
}

int64_t StoredTensor::elements() const {
  int64_t product = 1;
  for (int64_t size : shape) product *= size;
  return product;
}

}  // namespace darkroom::formats
