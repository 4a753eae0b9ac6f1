// Weights as their file has them. A layer that computes in fp32 may hold fp16 or bf16 numbers, mapped from the file,
// and widens them when it computes: each of them is an fp32 number, so results have the bits they would have with
// weights that were converted once.
#pragma once

#include "base/tensor.h"

namespace darkroom::layers {

/// `stored` in another type: itself where it has that, else a copy for as long as somebody holds it; memory of large
/// ones is used again (tensor_memory.h). Where gradients of `stored` are wanted they are recorded.
Tensor in_type(const Tensor& stored, at::ScalarType type);

/// The same for libtorch's products and convolutions: under autocast, which rounds all to bf16, what is stored in less
/// than fp32 is given in that at once, without a wide copy between.
Tensor for_product(const Tensor& stored, at::ScalarType type);

/// `change`, fp32, with `stored` of the same shape added to it in place: the sum as if that had been widened before.
Tensor plus_stored(const Tensor& change, const Tensor& stored);

/// Whether widen() can read it: fp32, fp16 or bf16 on the CPU.
bool is_readable(const Tensor& stored);

/// Values first .. first + count of a contiguous tensor, in row-major order, as fp32. Requires: is_readable().
void widen(const Tensor& stored, int64_t first, int64_t count, float* to);

}  // namespace darkroom::layers
