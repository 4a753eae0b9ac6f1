// The seam between files and libtorch: bytes with a dtype and a shape <-> tensors.
#pragma once

#include "base/tensor.h"
#include "formats/tensor_file.h"

namespace darkroom::checkpoint {

at::ScalarType scalar_type(formats::DType dtype);
/// Throws Error{unsupported} for a dtype files cannot hold.
formats::DType stored_dtype(at::ScalarType dtype);

/// The stored bytes as a tensor, without a copy where they are aligned for their dtype. The tensor keeps the file
/// mapped. Treat it as read-only: the pages are mapped from the file.
Tensor tensor_view(const formats::StoredTensor& stored);

/// The tensor's values in row-major order; the tensor's own memory where it already is so, else a copy.
formats::StoredTensor stored_tensor(const Tensor& tensor);

}  // namespace darkroom::checkpoint
