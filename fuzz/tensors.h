// What must hold for every file of tensors that was accepted.
#pragma once

#include "formats/tensor_file.h"
#include "fuzz.h"

namespace darkroom::fuzz {

/// Sizes agree, and every byte that is promised can be read.
inline void check_tensors(const formats::TensorFile& file) {
  uint8_t sum = 0;
  for (const auto& [name, tensor] : file.tensors) {
    check(formats::byte_size(tensor.dtype, tensor.shape) == tensor.bytes, "bytes follow from dtype and shape");
    check(tensor.elements() * int64_t(formats::bytes_per_element(tensor.dtype)) == int64_t(tensor.bytes), "elements");
    // Ends and a sample: one storage may serve thousands of tensors.
    const size_t step = tensor.bytes / 64 + 1;
    for (size_t i = 0; i < tensor.bytes; i += step) sum ^= uint8_t(tensor.data[i]);
    if (tensor.bytes > 0) sum ^= uint8_t(tensor.data[tensor.bytes - 1]);
  }
  volatile uint8_t read = sum;
  (void)read;
}

}  // namespace darkroom::fuzz
