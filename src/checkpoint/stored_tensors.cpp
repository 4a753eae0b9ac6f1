#include "checkpoint/stored_tensors.h"

#include <utility>

#include "base/error.h"

namespace darkroom::checkpoint {
namespace {

using formats::DType;

constexpr std::pair<DType, at::ScalarType> kTypes[] = {
    {DType::f64, at::kDouble}, {DType::f32, at::kFloat},   {DType::f16, at::kHalf},  {DType::bf16, at::kBFloat16},
    {DType::i64, at::kLong},   {DType::i32, at::kInt},     {DType::i16, at::kShort}, {DType::i8, at::kChar},
    {DType::u8, at::kByte},    {DType::boolean, at::kBool}};

}  // namespace

at::ScalarType scalar_type(DType dtype) {
  for (const auto& [stored, type] : kTypes) {
    if (stored == dtype) return type;
  }
  fail(ErrorKind::internal, "tensor dtype {}: has no libtorch type", int(dtype));
}

DType stored_dtype(at::ScalarType dtype) {
  for (const auto& [stored, type] : kTypes) {
    if (type == dtype) return stored;
  }
  fail(ErrorKind::unsupported, "write a tensor: files cannot hold dtype {}", at::toString(dtype));
}

Tensor tensor_view(const formats::StoredTensor& stored) {
  const at::ScalarType type = scalar_type(stored.dtype);
  const auto options = at::TensorOptions().dtype(type);
  const auto address = reinterpret_cast<uintptr_t>(stored.data);
  auto* data = const_cast<std::byte*>(stored.data);
  if (address % formats::bytes_per_element(stored.dtype) != 0) {
    Tensor copy = at::empty(stored.shape, options);
    std::copy_n(stored.data, stored.bytes, static_cast<std::byte*>(copy.data_ptr()));
    return copy;
  }
  return at::from_blob(
      data, stored.shape, [owner = stored.owner](void*) {}, options);
}

formats::StoredTensor stored_tensor(const Tensor& tensor) {
  const auto rows = std::make_shared<Tensor>(tensor.detach().contiguous());
  return {stored_dtype(tensor.scalar_type()), tensor.sizes().vec(), static_cast<const std::byte*>(rows->data_ptr()),
          size_t(rows->nbytes()), std::shared_ptr<const void>(rows, rows->data_ptr())};
}

}  // namespace darkroom::checkpoint
